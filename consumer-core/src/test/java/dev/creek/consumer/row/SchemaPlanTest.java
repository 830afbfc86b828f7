package dev.creek.consumer.row;

import static dev.creek.consumer.row.Targets.column;
import static dev.creek.consumer.row.Targets.notNull;
import static dev.creek.consumer.row.Targets.target;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaDifference.Kind;
import dev.creek.consumer.api.SchemaDifference.Work;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a schema differs in from a target, and what each policy makes of it. */
final class SchemaPlanTest {
  private static final TableWire KEYED = TableWire.of("app", "t").column("id", "int4", Flag.KEY);
  private static final TargetColumn ID = notNull("id", PgType.INT4);
  private static final TargetShape ONLY_ID = target(List.of("id"), ID);

  private static SchemaPlan plan(TableWire wire, TargetShape target, String... gone) {
    return SchemaPlan.of(wire.walSchema(), target, List.of(gone), SchemaPolicy.STOP);
  }

  private static List<Kind> kinds(SchemaPlan plan) {
    return plan.differences().stream().map(SchemaDifference::kind).toList();
  }

  private static ShapeMismatchException stopped(SchemaPlan plan, SchemaPolicy policy) {
    return catchThrowableOfType(ShapeMismatchException.class, () -> plan.toEnd(policy));
  }

  private static TargetColumn typed(String name, PgType type, int modifier) {
    return new TargetColumn(
        name,
        type.oid(),
        type.sqlName(),
        false,
        false,
        false,
        false,
        new TargetType(type.oid(), modifier, false, true, false, type.sqlName()),
        false);
  }

  /** The modifier as PostgreSQL stores it; -1 for a type without parentheses. */
  private static int modifier(String parentheses) {
    if (parentheses == null) {
      return -1;
    }
    String[] numbers = parentheses.split(" ", -1);
    return numbers.length == 1
        ? Integer.parseInt(numbers[0])
        : (Integer.parseInt(numbers[0]) << 16 | Integer.parseInt(numbers[1])) + 4;
  }

  /** A target's type, its modifier, the source's; whether the wire shows it; and the cost. */
  @ParameterizedTest
  @CsvSource({
    "INT2, , int2, false, REWRITE",
    "INT2, , int4, true, REWRITE",
    "INT2, , int8, true, REWRITE",
    "INT2, , float4, true, REWRITE",
    "INT2, , 'numeric(5,0)', true, REWRITE",
    "INT4, , int8, true, REWRITE",
    "INT4, , float8, true, REWRITE",
    "INT4, , 'numeric(12,2)', true, REWRITE",
    "INT8, , 'numeric(19,0)', true, REWRITE",
    "FLOAT4, , float8, true, REWRITE",
    "NUMERIC, 10 2, 'numeric(12,2)', true, CATALOG",
    "NUMERIC, 10 2, 'numeric(12,4)', true, REWRITE",
    "DATE, , timestamp, true, REWRITE",
    "JSON, , jsonb, true, REWRITE",
    "VARCHAR, 14, varchar, false, CATALOG",
    "VARCHAR, 14, text, false, CATALOG",
    "BPCHAR, 14, bpchar, false, CATALOG",
    "BPCHAR, 14, text, false, REWRITE",
    "TIMESTAMP, 3, timestamp, false, CATALOG",
    "TIMESTAMPTZ, 0, timestamptz, false, CATALOG",
    "TIME, 3, time, false, CATALOG",
    "INT4, , text, false, REWRITE",
    "UUID, , text, false, REWRITE",
  })
  void aTypeThatHoldsAllValuesOfTheTargetsIsWider(
      PgType type, String parentheses, String source, boolean shown, Work work) {
    TargetColumn column = typed("v", type, modifier(parentheses));
    var wire = KEYED.column("v", source);
    var widening = new Widening(column, wire.walSchema().after().columns().get(1));
    assertThat(widening.isWider()).isTrue();
    assertThat(widening.isShown()).isEqualTo(shown);
    assertThat(widening.work()).isEqualTo(work);
    var plan = plan(wire, target(List.of("id"), ID, column));
    assertThat(kinds(plan)).isEqualTo(shown ? List.of(Kind.TYPE_WIDER) : List.of());
    if (shown) {
      assertThat(plan.toEnd(SchemaPolicy.ADD)).hasSize(1);
      assertThat(plan.toEnd(SchemaPolicy.FOLLOW)).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "INT4, , int4",
    "INT8, , int4",
    "INT4, , 'numeric(9,0)'",
    "INT4, , float4",
    "INT8, , float8",
    "FLOAT8, , 'numeric(30,10)'",
    "NUMERIC, 12 2, 'numeric(10,2)'",
    "NUMERIC, 10 2, 'numeric(10,4)'",
    "NUMERIC, 10 2, 'numeric(10,2)'",
    "TIMESTAMP, , date",
    "TIMESTAMP, , timestamptz",
    "JSONB, , json",
    "TEXT, , varchar",
    "JSON, , text",
    "BOOL, , int4",
  })
  void anyOtherTypeIsNotWider(PgType type, String parentheses, String source) {
    TargetColumn column = typed("v", type, modifier(parentheses));
    var wire = KEYED.column("v", source);
    assertThat(new Widening(column, wire.walSchema().after().columns().get(1)).isWider()).isFalse();
  }

  @Test
  void anArrayIsWiderByItsItems() {
    var column = column("v", PgType.INT4.arrayOid(), "int4[]");
    var wire = KEYED.column("v", "int8[]");
    var plan = plan(wire, target(List.of("id"), ID, column));
    assertThat(plan.toEnd(SchemaPolicy.ADD))
        .singleElement()
        .satisfies(
            difference -> {
              assertThat(difference.kind()).isEqualTo(Kind.TYPE_WIDER);
              assertThat(difference.sql())
                  .containsExactly("ALTER TABLE \"t\".\"t\" ALTER COLUMN \"v\" TYPE int8[];");
              assertThat(difference.work()).isEqualTo(Work.REWRITE);
            });
  }

  @Test
  void aDomainIsNeverWidened() {
    var column =
        new TargetColumn(
            "v",
            99_999,
            "app.small",
            false,
            false,
            false,
            false,
            new TargetType(PgType.INT4.oid(), -1, false, true, false, "app.small (integer)"),
            false);
    assertThat(kinds(plan(KEYED.column("v", "float8"), target(List.of("id"), ID, column))))
        .containsExactly(Kind.TYPE_OTHER);
  }

  @Test
  void aNewColumnIsAddedWithTheSourcesTypeAndQuoted() {
    var plan = plan(KEYED.column("select", "numeric(10,2)"), ONLY_ID);
    var added = plan.differences().get(0);
    assertThat(added.kind()).isEqualTo(Kind.COLUMN_ADDED);
    assertThat(added.sql())
        .containsExactly("ALTER TABLE \"t\".\"t\" ADD COLUMN \"select\" numeric(10,2);");
    assertThat(added.leavesRowsIncomplete()).isTrue();
    assertThat(stopped(plan, SchemaPolicy.STOP))
        .hasMessageContaining("column \"select\" is missing");
    assertThat(plan.toEnd(SchemaPolicy.ADD)).containsExactly(added);
    assertThat(plan.toEnd(SchemaPolicy.FOLLOW)).containsExactly(added);
  }

  @Test
  void aNewColumnIsLeftOutIfTheUserWantsThat() {
    var wire = KEYED.column("v", "text");
    var plan = SchemaPlan.of(wire.walSchema(), ONLY_ID, List.of(), SchemaPolicy.IGNORE);
    assertThat(plan.toEnd(SchemaPolicy.IGNORE)).isEmpty();
    var changes = ChangePlan.of(wire.walSchema(), ONLY_ID, Misfits.IGNORE);
    assertThat(changes.columns()).extracting(PlanColumn::name).containsExactly("id");
    assertThat(changes.tolerated())
        .extracting(SchemaDifference::kind)
        .containsExactly(Kind.COLUMN_ADDED);
  }

  @ParameterizedTest
  @EnumSource(SchemaPolicy.class)
  void aRenameIsNeverGuessed(SchemaPolicy policy) {
    var wire = KEYED.column("b", "text");
    var shape = target(List.of("id"), ID, column("a", PgType.TEXT));
    var plan = SchemaPlan.of(wire.walSchema(), shape, List.of("a"), policy);
    assertThat(kinds(plan)).containsExactly(Kind.RENAMED);
    assertThat(stopped(plan, policy).hint())
        .isEqualTo(
            "ALTER TABLE \"t\".\"t\" RENAME COLUMN \"a\" TO \"b\"; -- if it was renamed\n"
                + "ALTER TABLE \"t\".\"t\" ADD COLUMN \"b\" text; -- if they are two columns");
  }

  @Test
  void aColumnOfAnotherTypeIsNoRename() {
    var shape = target(List.of("id"), ID, column("a", PgType.INT4));
    assertThat(kinds(plan(KEYED.column("b", "text"), shape, "a")))
        .containsExactly(Kind.COLUMN_ADDED, Kind.COLUMN_GONE);
  }

  @Test
  void aColumnThatIsGoneStopsOnlyWhoWantsToBeTold() {
    var plan = plan(KEYED, target(List.of("id"), ID, column("a", PgType.TEXT)), "a");
    assertThat(stopped(plan, SchemaPolicy.STOP).hint())
        .isEqualTo("ALTER TABLE \"t\".\"t\" DROP COLUMN \"a\";");
    for (SchemaPolicy policy :
        List.of(SchemaPolicy.ADD, SchemaPolicy.FOLLOW, SchemaPolicy.IGNORE)) {
      assertThat(plan.toEnd(policy)).isEmpty();
    }
  }

  @Test
  void aColumnThatMustHaveAValueLosesNotNullOnlyByFollow() {
    var plan = plan(KEYED, target(List.of("id"), ID, notNull("a", PgType.TEXT)), "a");
    assertThat(kinds(plan)).containsExactly(Kind.NOT_NULL, Kind.COLUMN_GONE);
    assertThat(stopped(plan, SchemaPolicy.ADD).hint())
        .isEqualTo("ALTER TABLE \"t\".\"t\" ALTER COLUMN \"a\" DROP NOT NULL;");
    assertThat(stopped(plan, SchemaPolicy.IGNORE)).isNotNull();
    assertThat(plan.toEnd(SchemaPolicy.FOLLOW))
        .extracting(SchemaDifference::kind)
        .containsExactly(Kind.NOT_NULL);
  }

  @Test
  void anotherKeyIsAlteredOnlyByFollow() {
    var wire =
        TableWire.of("app", "t").column("id", "int4", Flag.KEY).column("v", "int4", Flag.KEY);
    var plan = plan(wire, target(List.of("id"), ID, column("v", PgType.INT4)));
    for (SchemaPolicy policy : List.of(SchemaPolicy.STOP, SchemaPolicy.ADD, SchemaPolicy.IGNORE)) {
      assertThat(stopped(plan, policy).hint())
          .isEqualTo(
              "ALTER TABLE \"t\".\"t\" DROP CONSTRAINT \"t_pkey\", ADD PRIMARY KEY (\"id\", \"v\");");
    }
    assertThat(plan.toEnd(SchemaPolicy.FOLLOW))
        .extracting(SchemaDifference::work)
        .containsExactly(Work.INDEX);
  }

  @Test
  void aNarrowerTypeStopsAllWhoCannotCheckItsValues() {
    var wire = KEYED.column("v", "numeric(10,4)");
    var shape = target(List.of("id"), ID, typed("v", PgType.NUMERIC, modifier("12 2")));
    for (SchemaPolicy policy : List.of(SchemaPolicy.STOP, SchemaPolicy.ADD, SchemaPolicy.FOLLOW)) {
      var plan = SchemaPlan.of(wire.walSchema(), shape, List.of(), policy);
      assertThat(stopped(plan, policy).differences())
          .extracting(SchemaDifference::kind)
          .containsExactly(Kind.TYPE_OTHER);
    }
    assertThat(
            SchemaPlan.of(wire.walSchema(), shape, List.of(), SchemaPolicy.IGNORE)
                .toEnd(SchemaPolicy.IGNORE))
        .isEmpty();
  }

  @Test
  void whoeverStopsRunsNothingAndNamesEverything() {
    var wire = KEYED.column("n", "int8").column("b", "text").column("d", "float8");
    var shape = target(List.of("id"), ID, column("n", PgType.INT4), column("d", PgType.NUMERIC));
    var plan = plan(wire, shape);
    assertThat(stopped(plan, SchemaPolicy.ADD).hint().lines())
        .containsExactly(
            "ALTER TABLE \"t\".\"t\" ALTER COLUMN \"n\" TYPE int8;",
            "ALTER TABLE \"t\".\"t\" ADD COLUMN \"b\" text;",
            "ALTER TABLE \"t\".\"t\" ALTER COLUMN \"d\" TYPE float8;");
  }

  @Test
  void aTypeThatTheTargetCanHoldStopsNobody() {
    var plan = plan(KEYED.column("v", "int8"), target(List.of("id"), ID, column("v", PgType.INT4)));
    assertThat(kinds(plan)).containsExactly(Kind.TYPE_WIDER);
    assertThat(plan.toEnd(SchemaPolicy.STOP)).isEmpty();
    assertThat(plan.toEnd(SchemaPolicy.ADD)).hasSize(1);
  }
}
