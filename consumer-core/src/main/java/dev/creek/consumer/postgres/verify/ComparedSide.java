package dev.creek.consumer.postgres.verify;

import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlHints;
import dev.creek.consumer.postgres.session.SqlNames;
import io.r2dbc.postgresql.api.PostgresqlStatement;
import io.r2dbc.spi.Readable;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import reactor.core.publisher.Mono;

/**
 * One side of a comparison: its rows as hashes, grouped into buckets by their keys' hashes, so that
 * neither order nor collation of the two servers matters. A bucket is compared by the count and the
 * sum of its rows' hashes; only rows of buckets that differ are transferred. Thread-safe.
 *
 * <p>md5 is used because its result is the same on every version; PostgreSQL's internal hashes are
 * not guaranteed to be.
 */
final class ComparedSide {
  private final Sessions sessions;
  private final String table;

  /** Texts of all compared columns. */
  private final List<String> row;

  /** Texts of the key's columns; empty without a key. */
  private final List<String> key;

  /** The key's columns and their own types, to find rows by an index. */
  private final List<String> keyNames;

  private final List<String> keyTypes;

  private ComparedSide(
      Sessions sessions,
      String table,
      List<ComparedColumn> columns,
      List<ComparedColumn> key,
      Function<ComparedColumn, String> text,
      Function<ComparedColumn, String> type) {
    this.sessions = sessions;
    this.table = table;
    this.row = columns.stream().map(text).toList();
    this.key = key.stream().map(text).toList();
    this.keyNames = key.stream().map(ComparedColumn::name).map(SqlNames::quoted).toList();
    this.keyTypes = key.stream().map(type).toList();
  }

  /**
   * The source's side.
   *
   * @param table its name as SQL
   * @param columns the compared columns
   * @param key the columns that tell rows apart, among {@code columns}; empty if there are none
   */
  static ComparedSide ofSource(
      Sessions sessions, String table, List<ComparedColumn> columns, List<ComparedColumn> key) {
    return new ComparedSide(
        sessions, table, columns, key, ComparedColumn::sourceText, ComparedColumn::sourceType);
  }

  /** The target's side; the same parameters. */
  static ComparedSide ofTarget(
      Sessions sessions, String table, List<ComparedColumn> columns, List<ComparedColumn> key) {
    return new ComparedSide(
        sessions, table, columns, key, ComparedColumn::targetText, ComparedColumn::targetType);
  }

  boolean hasKey() {
    return !key.isEmpty();
  }

  /**
   * @param rows in the bucket
   * @param sum of their hashes, as text: it is larger than 64 bits
   */
  record Bucket(long rows, String sum) {}

  /**
   * All rows, read once.
   *
   * @param mask number of buckets, less one: a power of two less one
   */
  Mono<Map<Long, Bucket>> buckets(long mask) {
    String sql =
        """
        select bucket, count(*) as rows, sum(hash)::text as sum
        from (select %s as bucket, %s as hash from %s as t) as hashed
        group by bucket
        """
            .formatted(bucket(mask), hash(), table);
    return scan(
        session ->
            session
                .query(
                    sql,
                    statement -> {},
                    found ->
                        Map.entry(
                            number(found, "bucket"),
                            new Bucket(number(found, "rows"), text(found, "sum"))))
                .collectMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  /** Approximate number of rows; 0 if it is not known. */
  Mono<Long> estimate() {
    return scan(
        session ->
            session
                .query(
                    "select greatest(reltuples, 0)::int8 as rows from pg_class where oid = $1::regclass",
                    statement -> statement.bind(0, table),
                    found -> number(found, "rows"))
                .single());
  }

  /**
   * A row of a bucket.
   *
   * @param key by column, as compared; for a table without one its hash, which stands for it
   * @param hash of all its columns
   */
  record Hashed(List<String> key, long hash) {}

  /** All rows of some buckets. The caller, who knows their number, bounds it. */
  Mono<List<Hashed>> rows(Collection<Long> buckets, long mask) {
    String sql =
        "select %s as key, %s as hash from %s as t where %s = any($1::int8[])"
            .formatted(keyArray(), hash(), table, bucket(mask));
    Long[] wanted = buckets.toArray(Long[]::new);
    return scan(
        session ->
            session
                .query(sql, statement -> statement.bind(0, wanted), ComparedSide::hashed)
                .collectList());
  }

  /** The rows with these keys, found by them. Only with a key. */
  Mono<Map<List<String>, Long>> hashes(List<List<String>> keys) {
    String sql =
        "select %s as key, %s as hash from %s as t where %s"
            .formatted(keyArray(), hash(), table, isOneOf());
    return scan(
        session ->
            session
                .query(sql, statement -> bindKeys(statement, keys), ComparedSide::hashed)
                .collectMap(Hashed::key, Hashed::hash));
  }

  /** Condition: the row's key is one of those bound by {@link #bindKeys}. */
  String isOneOf() {
    return "("
        + keyNames.stream().map(name -> "t." + name).collect(Collectors.joining(", "))
        + ") in (select "
        + IntStream.range(0, keyTypes.size())
            .mapToObj(i -> "c" + i + "::" + keyTypes.get(i))
            .collect(Collectors.joining(", "))
        + " from unnest("
        + IntStream.rangeClosed(1, keyTypes.size())
            .mapToObj(i -> "$" + i + "::text[]")
            .collect(Collectors.joining(", "))
        + ") as keys ("
        + IntStream.range(0, keyTypes.size())
            .mapToObj(i -> "c" + i)
            .collect(Collectors.joining(", "))
        + "))";
  }

  void bindKeys(PostgresqlStatement statement, List<List<String>> keys) {
    for (int column = 0; column < keyTypes.size(); column++) {
      int at = column;
      statement.bind(at, keys.stream().map(values -> values.get(at)).toArray(String[]::new));
    }
  }

  private String keyArray() {
    return hasKey() ? "array[" + String.join(", ", key) + "]" : "array[md5(" + record(row) + ")]";
  }

  private String hash() {
    return "('x' || left(md5(" + record(row) + "), 16))::bit(64)::int8";
  }

  private String bucket(long mask) {
    return "(('x' || left(md5(%s), 8))::bit(32)::int8 & %d)"
        .formatted(record(hasKey() ? key : row), mask);
  }

  /** A record's text distinguishes NULL from the empty text, and shows where each column ends. */
  private static String record(List<String> texts) {
    return "row(" + String.join(", ", texts) + ")::text";
  }

  private <T> Mono<T> scan(java.util.function.Function<Session, Mono<T>> work) {
    return sessions.transaction(
        "comparison of " + table,
        SqlHints.NONE,
        session -> session.execute(SCANS).then(Mono.defer(() -> work.apply(session))));
  }

  /** Sessions are set up to find few rows by key; here all are read. */
  private static final String SCANS =
      "set local enable_seqscan = on; set local enable_hashjoin = on;"
          + " set local plan_cache_mode = force_custom_plan";

  private static Hashed hashed(Readable found) {
    return new Hashed(
        List.of(Objects.requireNonNull(found.get("key", String[].class))), number(found, "hash"));
  }

  private static long number(Readable found, String column) {
    return Objects.requireNonNull(found.get(column, Long.class));
  }

  private static String text(Readable found, String column) {
    return Objects.requireNonNull(found.get(column, String.class));
  }
}
