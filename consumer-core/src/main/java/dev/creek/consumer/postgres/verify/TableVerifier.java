package dev.creek.consumer.postgres.verify;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.api.Verification.Difference;
import dev.creek.consumer.api.Verification.Kind;
import dev.creek.consumer.api.Verification.Options;
import dev.creek.consumer.postgres.verify.ComparedSide.Bucket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Compares a source table with its target while both are in use, without locks. Both sides are read
 * once as hashes; rows that differ are compared again by their keys until they are equal, or the
 * time is over. So a row that is only late is not reported, and a wrong one is, with the state of
 * both sides at the last comparison.
 */
final class TableVerifier {
  private static final long MAX_BUCKETS = 1 << 16;
  private static final long FEWEST_BUCKETS = 1 << 4;

  /** With small buckets few rows are transferred; many buckets cost memory here. */
  private static final long ROWS_IN_BUCKET = 256;

  /** Limits the rows of both sides that are held here at once. */
  private static final long ROWS_AT_ONCE = 50_000;

  /** Beyond that the rest is read again when these have settled. */
  private static final int MAX_CANDIDATES = 10_000;

  private static final Duration PAUSE = Duration.ofMillis(500);

  private final ComparedTables tables;
  private final Mapping mapping;
  private final Options options;
  private final @Nullable RowRepair repair;

  /**
   * @param repair null if nothing is to be written
   */
  TableVerifier(
      Mapping mapping, ComparedTables tables, Options options, @Nullable RowRepair repair) {
    this.mapping = mapping;
    this.tables = tables;
    this.options = options;
    this.repair = repair;
  }

  Mono<Verification> verify() {
    return mask().flatMap(mask -> pass(mask, null));
  }

  private Mono<Long> mask() {
    return Mono.zip(tables.source().estimate(), tables.target().estimate(), Math::max)
        .map(rows -> Math.min(MAX_BUCKETS, Math.max(FEWEST_BUCKETS, rows / ROWS_IN_BUCKET)))
        .map(buckets -> Long.highestOneBit(buckets) - 1);
  }

  /** The result of one reading of both sides. */
  private record Found(
      long sourceRows,
      long targetRows,
      Set<Long> buckets,
      List<DifferingRow> candidates,
      boolean more) {}

  /**
   * Reads both sides and compares again what differs.
   *
   * @param deadline null in the first pass: the time begins when a difference is known, because
   *     reading a large table may take longer
   */
  private Mono<Verification> pass(long mask, @Nullable Long deadline) {
    return Mono.zip(tables.source().buckets(mask), tables.target().buckets(mask))
        .flatMap(both -> candidates(both.getT1(), both.getT2(), mask))
        .flatMap(found -> settled(found, mask, deadline == null ? deadline() : deadline));
  }

  private long deadline() {
    return System.nanoTime() + options.timeout().toNanos();
  }

  private Mono<Verification> settled(Found found, long mask, long deadline) {
    return settled(found.candidates(), found.buckets(), mask, deadline)
        .flatMap(
            left ->
                left.isEmpty() && found.more() && System.nanoTime() < deadline
                    ? pass(mask, deadline)
                    : repaired(found, left, mask));
  }

  private Mono<Found> candidates(Map<Long, Bucket> source, Map<Long, Bucket> target, long mask) {
    var differing = new HashSet<Long>(source.keySet());
    differing.addAll(target.keySet());
    differing.removeIf(bucket -> Objects.equals(source.get(bucket), target.get(bucket)));
    List<List<Long>> groups = groups(differing, source, target);
    var found = new ArrayList<DifferingRow>();
    return Flux.fromIterable(groups)
        .takeWhile(group -> found.size() < MAX_CANDIDATES)
        .concatMap(group -> compare(group, mask), 1)
        .doOnNext(found::addAll)
        .count()
        .map(read -> new Found(rows(source), rows(target), differing, found, read < groups.size()));
  }

  private static long rows(Map<Long, Bucket> buckets) {
    return buckets.values().stream().mapToLong(Bucket::rows).sum();
  }

  private static List<List<Long>> groups(
      Set<Long> buckets, Map<Long, Bucket> source, Map<Long, Bucket> target) {
    var empty = new Bucket(0, "");
    var groups = new ArrayList<List<Long>>();
    long held = ROWS_AT_ONCE;
    for (Long bucket : buckets) {
      long rows =
          source.getOrDefault(bucket, empty).rows() + target.getOrDefault(bucket, empty).rows();
      if (held + rows > ROWS_AT_ONCE) {
        groups.add(new ArrayList<>());
        held = 0;
      }
      held += rows;
      groups.get(groups.size() - 1).add(bucket);
    }
    return groups;
  }

  private Mono<List<DifferingRow>> compare(List<Long> buckets, long mask) {
    return Mono.zip(
        tables.source().rows(buckets, mask),
        tables.target().rows(buckets, mask),
        tables.source().hasKey() ? DifferingRow::byKey : DifferingRow::byCount);
  }

  /** Rows that still differ when the time is over. */
  private Mono<List<DifferingRow>> settled(
      List<DifferingRow> open, Set<Long> buckets, long mask, long deadline) {
    if (open.isEmpty() || System.nanoTime() >= deadline) {
      return Mono.just(open);
    }
    return Mono.delay(PAUSE)
        .then(Mono.defer(() -> lookAgain(open, buckets, mask)))
        .flatMap(still -> settled(still, buckets, mask, deadline));
  }

  private Mono<List<DifferingRow>> lookAgain(
      List<DifferingRow> open, Set<Long> buckets, long mask) {
    if (!tables.source().hasKey()) {
      return compare(List.copyOf(buckets), mask);
    }
    List<List<String>> keys = open.stream().map(DifferingRow::key).toList();
    // The source first: the target may hold its present state a moment later, never before.
    return tables
        .source()
        .hashes(keys)
        .flatMap(
            source ->
                tables
                    .target()
                    .hashes(keys)
                    .map(
                        target ->
                            open.stream()
                                .map(c -> c.seen(source.get(c.key()), target.get(c.key())))
                                .filter(c -> !c.equal())
                                .toList()));
  }

  private Mono<Verification> repaired(Found found, List<DifferingRow> left, long mask) {
    if (repair == null || left.isEmpty()) {
      return Mono.just(verification(found, left, 0));
    }
    List<List<String>> keys = left.stream().map(DifferingRow::key).toList();
    return repair
        .repair(keys)
        .then(Mono.defer(() -> settled(left, found.buckets(), mask, deadline())))
        .map(still -> verification(found, still, left.size() - still.size()));
  }

  private Verification verification(Found found, List<DifferingRow> left, long repaired) {
    List<Difference> differences =
        tables.source().hasKey()
            ? left.stream().limit(options.maxDifferences()).map(this::difference).toList()
            : counted(left);
    boolean more =
        found.more() || (tables.source().hasKey() && left.size() > options.maxDifferences());
    return new Verification(
        mapping,
        found.sourceRows(),
        targetRows(found, left),
        tables.notCompared(),
        differences,
        more,
        repaired);
  }

  /** At the moment at which {@code left} was all that differed, not at the first comparison. */
  private long targetRows(Found found, List<DifferingRow> left) {
    if (left.isEmpty() && !found.more()) {
      return found.sourceRows();
    }
    if (!tables.source().hasKey()) {
      return found.targetRows();
    }
    Set<List<String>> open = left.stream().map(DifferingRow::key).collect(Collectors.toSet());
    long came = 0;
    for (DifferingRow first : found.candidates()) {
      if (!open.contains(first.key())) {
        came += (first.source() == null ? 0 : 1) - (first.target() == null ? 0 : 1);
      }
    }
    return found.targetRows() + came;
  }

  private Difference difference(DifferingRow row) {
    boolean restless =
        System.nanoTime() - row.changedAt() < options.timeout().toNanos() / 2
            && !options.timeout().isZero();
    Kind kind =
        restless && row.source() != null && row.target() != null
            ? Kind.CHANGING
            : row.source() == null
                ? Kind.UNEXPECTED
                : row.target() == null ? Kind.MISSING : Kind.DIFFERENT;
    return new Difference(kind, row.key(), 1);
  }

  private static List<Difference> counted(List<DifferingRow> left) {
    long missing = 0;
    long unexpected = 0;
    for (DifferingRow look : left) {
      missing += look.source() == null ? 0 : look.source();
      unexpected += look.target() == null ? 0 : look.target();
    }
    var differences = new ArrayList<Difference>();
    if (missing > 0) {
      differences.add(new Difference(Kind.MISSING, List.of(), missing));
    }
    if (unexpected > 0) {
      differences.add(new Difference(Kind.UNEXPECTED, List.of(), unexpected));
    }
    return differences;
  }
}
