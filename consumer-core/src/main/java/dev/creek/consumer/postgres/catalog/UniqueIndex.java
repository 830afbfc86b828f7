package dev.creek.consumer.postgres.catalog;

import dev.creek.consumer.postgres.session.Session;
import io.r2dbc.spi.Readable;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;

/**
 * A unique index that is checked at once, also one on expressions or of some of the rows.
 *
 * @param name its name, which is the constraint's if there is one
 * @param columns the table's columns on which its values depend
 * @param terms what it compares
 */
public record UniqueIndex(String name, Set<String> columns, List<Term> terms) {
  /** One row per index, those of a partitioned table being its own. Parameter: the table's id. */
  private static final String SQL =
      """
      select i.relname::text as name,
             array(select pg_get_indexdef(x.indexrelid, k, false)
                   from generate_series(1, x.indnkeyatts) as k order by k)::text[] as expressions,
             array(select 'operator(' || quote_ident(n.nspname) || '.' || op.oprname || ')'
                   from generate_series(1, x.indnkeyatts) as k
                   join pg_opclass o on o.oid = x.indclass[k - 1]
                   join pg_amop a
                     on a.amopfamily = o.opcfamily
                    and a.amoplefttype = o.opcintype
                    and a.amoprighttype = o.opcintype
                    and a.amopstrategy = 3
                   join pg_operator op on op.oid = a.amopopr
                   join pg_namespace n on n.oid = op.oprnamespace
                   order by k)::text[] as operators,
             array(select a.attname::text
                   from pg_attribute a
                   where a.attrelid = x.indrelid and a.attnum > 0
                     and (a.attnum = any (x.indkey[0:x.indnkeyatts - 1])
                          or exists (
                              select from pg_depend d
                              where d.classid = 'pg_class'::regclass
                                and d.objid = x.indexrelid
                                and d.refclassid = 'pg_class'::regclass
                                and d.refobjid = x.indrelid
                                and d.refobjsubid = a.attnum)))::text[] as columns
      from pg_index x
      join pg_class i on i.oid = x.indexrelid
      join pg_am m on m.oid = i.relam
      where x.indrelid = $1::int8::oid
        and m.amname = 'btree'
        and x.indisunique and x.indimmediate and x.indisvalid and not x.indisexclusion
      order by i.relname
      """;

  public UniqueIndex {
    columns = Set.copyOf(columns);
    terms = List.copyOf(terms);
  }

  /**
   * What an index compares.
   *
   * @param expression a quoted column, or an expression of columns
   * @param equality its operator, as SQL
   */
  public record Term(String expression, String equality) {}

  /** The indexes of a table, by its id. */
  public static Flux<UniqueIndex> of(Session session, long table) {
    return session.query(SQL, statement -> statement.bind(0, table), UniqueIndex::of);
  }

  private static UniqueIndex of(Readable row) {
    String[] expressions = texts(row, "expressions");
    String[] operators = texts(row, "operators");
    return new UniqueIndex(
        Objects.requireNonNull(row.get("name", String.class)),
        new LinkedHashSet<>(Arrays.asList(texts(row, "columns"))),
        IntStream.range(0, expressions.length)
            .mapToObj(i -> new Term(expressions[i], operators[i]))
            .toList());
  }

  private static String[] texts(Readable row, String name) {
    return Objects.requireNonNull(row.get(name, String[].class));
  }
}
