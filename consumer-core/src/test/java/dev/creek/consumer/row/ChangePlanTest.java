package dev.creek.consumer.row;

import static dev.creek.consumer.row.Targets.column;
import static dev.creek.consumer.row.Targets.notNull;
import static dev.creek.consumer.row.Targets.target;
import static dev.creek.consumer.row.Targets.withUnique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.wire.WireField;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ChangePlanTest {
  private static final TableWire TABLE =
      TableWire.of("app", "t")
          .column("id", "int4", Flag.KEY)
          .column("code", "text", Flag.INDEX)
          .column("v", "text");
  private static final TargetColumn ID = notNull("id", PgType.INT4);
  private static final TargetColumn CODE = column("code", PgType.TEXT);
  private static final TargetColumn V = column("v", PgType.TEXT);

  private static ChangePlan plan(Identity identity, TargetShape target) {
    return ChangePlan.of(TABLE.identity(identity).walSchema(), target);
  }

  private static List<String> key(ChangePlan plan) {
    return plan.key() == null ? List.of() : plan.key().columns();
  }

  private static List<String> keyColumns(ChangePlan plan) {
    return plan.keyColumns().stream().map(PlanColumn::name).toList();
  }

  private static ShapeMismatchException mismatch(TableWire table, TargetShape target) {
    return catchThrowableOfType(
        ShapeMismatchException.class, () -> ChangePlan.of(table.walSchema(), target));
  }

  @Test
  void thePrimaryKeyOfBothSidesIsTheKey() {
    var plan = plan(Identity.DEFAULT, target(List.of("id"), ID, CODE, V));
    assertThat(key(plan)).containsExactly("id");
    assertThat(keyColumns(plan)).containsExactly("id");
  }

  @Test
  void aUniqueKeyOnTheSourcesIdentityBeatsThePrimaryKey() {
    var target = withUnique(target(List.of("id"), ID, CODE, V), "code");
    var plan = plan(Identity.INDEX, target);
    assertThat(key(plan)).containsExactly("code");
    assertThat(keyColumns(plan)).containsExactly("code");
  }

  @Test
  void thePrimaryKeyWinsAmongKeysOnTheSameColumns() {
    var target = withUnique(target(List.of("id"), ID, CODE, V), "id");
    assertThat(plan(Identity.DEFAULT, target).key().primary()).isTrue();
  }

  @Test
  void aKeyOfFewerColumnsThanTheSourcesIsRefusedWithTheOneToMake() {
    var wire =
        TableWire.of("app", "t")
            .column("id", "int4", Flag.KEY)
            .column("code", "text", Flag.KEY)
            .column("v", "text");
    var mismatch = mismatch(wire, target(List.of("id"), ID, CODE, V));
    assertThat(mismatch)
        .hasMessage(
            "\"t\".\"t\" does not fit the source: it has no primary key or unique index on"
                + " \"id\", \"code\", the source's key, but a primary key on \"id\"");
    assertThat(mismatch.hint())
        .isEqualTo(
            "ALTER TABLE \"t\".\"t\" DROP CONSTRAINT \"t_pkey\","
                + " ADD PRIMARY KEY (\"id\", \"code\");");
    var both = withUnique(target(List.of("id"), ID, CODE, V), "code", "id");
    assertThat(key(ChangePlan.of(wire.walSchema(), both))).containsExactly("code", "id");
  }

  @Test
  void aKeyOfMoreColumnsThanTheSourcesIsRefusedToo() {
    var mismatch = mismatch(TABLE, target(List.of("id", "code"), ID, CODE, V));
    assertThat(mismatch.hint())
        .isEqualTo("ALTER TABLE \"t\".\"t\" DROP CONSTRAINT \"t_pkey\", ADD PRIMARY KEY (\"id\");");
  }

  @Test
  void aKeyThatIsOnlyKeptAtTheEndOfATransactionIsReplaced() {
    var deferrable =
        new TargetShape(
            "t",
            "t",
            List.of(ID, CODE, V),
            List.of(),
            List.of(new UniqueKey("late", true, false, List.of("id"))),
            true);
    assertThat(mismatch(TABLE, deferrable).hint())
        .isEqualTo("ALTER TABLE \"t\".\"t\" DROP CONSTRAINT \"late\", ADD PRIMARY KEY (\"id\");");
  }

  @Test
  void aReplicaIdentityThatTheTargetHasNoIndexOfIsRefused() {
    var wire = TABLE.identity(Identity.INDEX);
    assertThat(mismatch(wire, target(List.of("id"), ID, CODE, V)).hint())
        .isEqualTo("ALTER TABLE \"t\".\"t\" ADD UNIQUE (\"code\");");
    assertThat(mismatch(TABLE, target(List.of(), ID, CODE, V)).hint())
        .isEqualTo("ALTER TABLE \"t\".\"t\" ADD PRIMARY KEY (\"id\");");
  }

  @Test
  void anIndexThatComparesMoreCoarselyThanItsColumnsIsNoKey() {
    var coarse = new UniqueKey("any_case", false, false, true, List.of("code"));
    var wire = TABLE.identity(Identity.INDEX);
    var alone = new TargetShape("t", "t", List.of(ID, CODE, V), List.of(coarse), true);
    assertThat(mismatch(wire, alone).hint()).contains("ADD PRIMARY KEY (\"code\")");
    var keys = List.of(new UniqueKey("t_code_key", false, false, List.of("code")), coarse);
    var beside = new TargetShape("t", "t", List.of(ID, CODE, V), keys, true);
    assertThat(mismatch(wire, beside).hint()).isEqualTo("DROP INDEX \"t\".\"any_case\";");
  }

  @ParameterizedTest
  @CsvSource({
    // what the source's key is, oid of the target's, whether nothing is equal there but the same
    "int4, 20, true, PROVEN",
    "int4, 1700, false, PROVEN",
    "numeric(10;2), 1700, false, PROVEN",
    "text, 25, true, PROVEN",
    "text, 25, false, ASSUMED",
    "text, 99999, true, PROVEN",
    "text, 99999, false, ASSUMED",
    "text, 1042, true, ASSUMED",
    "bpchar, 1042, true, PROVEN",
    "bpchar, 1042, false, ASSUMED",
    "int4, 1042, true, PROVEN",
    "int4, 1042, false, ASSUMED",
    "bpchar, 25, true, PROVEN",
    "text, 23, true, ASSUMED",
    "text, 1114, true, ASSUMED",
    "uuid, 2950, true, PROVEN",
    "float8, 701, false, PROVEN",
    "jsonb, 3802, false, PROVEN",
  })
  void aKeyIsProvenWhereTheTargetTellsApartWhatTheSourceDoes(
      String wire, int oid, boolean distinct, PlanKey.Proof proof) {
    var table = TableWire.of("app", "t").column("k", wire.replace(';', ','), Flag.KEY);
    var type = new TargetType(oid, -1, false, distinct, false, "some");
    var column = new TargetColumn("k", oid, "some", true, false, false, false, type, false);
    var plan = ChangePlan.of(table.walSchema(), target(List.of("k"), column));
    assertThat(plan.assumesKey()).isEqualTo(proof == PlanKey.Proof.ASSUMED);
  }

  @Test
  void ofFullIdentityAndOfNoneAKeyIsAssumed() {
    var target = target(List.of("id"), ID, CODE, V);
    assertThat(plan(Identity.DEFAULT, target).assumesKey()).isFalse();
    assertThat(plan(Identity.FULL, target).assumesKey()).isTrue();
    assertThat(plan(Identity.NONE, target).assumesKey()).isTrue();
  }

  @Test
  void fullIdentityTakesTheTargetsPrimaryKey() {
    var plan = plan(Identity.FULL, target(List.of("id"), ID, CODE, V));
    assertThat(key(plan)).containsExactly("id");
  }

  @Test
  void fullIdentityWithoutAPrimaryKeyMatchesAllColumns() {
    var plan = plan(Identity.FULL, target(List.of(), ID, CODE, V));
    assertThat(plan.key()).isNull();
    assertThat(keyColumns(plan)).containsExactly("id", "code", "v");
  }

  @Test
  void aUniqueKeyThatMayBeNullIsNoKeyForFullIdentity() {
    var target = withUnique(target(List.of(), ID, CODE, V), "id", "code", "v");
    assertThat(plan(Identity.FULL, target).key()).isNull();
    var never =
        withUnique(
            target(List.of(), ID, notNull("code", PgType.TEXT), notNull("v", PgType.TEXT)),
            "v",
            "code",
            "id");
    assertThat(key(plan(Identity.FULL, never))).containsExactly("v", "code", "id");
  }

  @Test
  void aPrimaryKeyOfAllColumnsIsAKeyAlthoughItLooksLikeFullIdentity() {
    var wire = TableWire.of("app", "t").column("id", "int4", Flag.KEY);
    assertThat(key(ChangePlan.of(wire.walSchema(), target(List.of("id"), ID))))
        .containsExactly("id");
  }

  @Test
  void insertsAloneUpsertOnThePrimaryKeyIfThereIsOne() {
    assertThat(key(plan(Identity.NONE, target(List.of("id"), ID, CODE, V)))).containsExactly("id");
    var plain = plan(Identity.NONE, target(List.of(), ID, CODE, V));
    assertThat(plain.key()).isNull();
    assertThat(plain.keyColumns()).isEmpty();
  }

  @Test
  void aKeyThatTheWireLacksIsNoKey() {
    var serial = new TargetColumn("row", PgType.INT8.oid(), "bigint", true, true, false, false);
    var plan = plan(Identity.FULL, target(List.of("row"), serial, ID, CODE, V));
    assertThat(plan.key()).isNull();
    assertThat(keyColumns(plan)).containsExactly("id", "code", "v");
  }

  @Test
  void generatedColumnsAreNeverWritten() {
    var generated = new TargetColumn("v", PgType.TEXT.oid(), "text", true, false, true, false);
    var plan = plan(Identity.FULL, target(List.of(), ID, CODE, generated));
    assertThat(plan.columns()).extracting(PlanColumn::name).containsExactly("id", "code");
    assertThat(keyColumns(plan)).containsExactly("id", "code");
  }

  @Test
  void identityColumnsThatAreAlwaysGeneratedAreOverridden() {
    var always = new TargetColumn("id", PgType.INT4.oid(), "integer", true, true, false, true);
    assertThat(
            plan(Identity.DEFAULT, target(List.of("id"), always, CODE, V))
                .rows()
                .overridesIdentity())
        .isTrue();
    assertThat(
            plan(Identity.DEFAULT, target(List.of("id"), ID, CODE, V)).rows().overridesIdentity())
        .isFalse();
  }

  @Test
  void columnsComeInTheOrderOfTheWire() {
    var plan = plan(Identity.DEFAULT, target(List.of("id"), V, CODE, ID));
    assertThat(plan.columns()).extracting(PlanColumn::name).containsExactly("id", "code", "v");
  }

  @Test
  void everyDifferenceIsNamedAtOnceWithTheStatementsThatMendThem() {
    var wire =
        TableWire.of("app", "t")
            .column("id", "int4", Flag.KEY)
            .column("qt", "timestamptz[]")
            .column("amount", "numeric(12,2)")
            .column("n", "numeric(6,3)");
    var mandatory = new TargetColumn("must", PgType.TEXT.oid(), "text", true, false, false, false);
    var target =
        new TargetShape(
            "My Schema",
            "t",
            List.of(ID, column("n", PgType.INT4.oid(), "integer"), mandatory),
            List.of(),
            true);
    var mismatch = mismatch(wire, target);
    assertThat(mismatch)
        .hasMessage(
            "\"My Schema\".\"t\" does not fit the source: column \"qt\" is missing;"
                + " column \"amount\" is missing;"
                + " column \"n\" is integer, which cannot hold every numeric(6,3);"
                + " column \"must\" is NOT NULL without a default, and the source lacks it;"
                + " it has no primary key or unique index on \"id\"");
    assertThat(mismatch.hint().lines())
        .containsExactly(
            "ALTER TABLE \"My Schema\".\"t\" ADD COLUMN \"qt\" timestamptz[];",
            "ALTER TABLE \"My Schema\".\"t\" ADD COLUMN \"amount\" numeric(12,2);",
            "ALTER TABLE \"My Schema\".\"t\" ALTER COLUMN \"n\" TYPE numeric(6,3);",
            "ALTER TABLE \"My Schema\".\"t\" ALTER COLUMN \"must\" DROP NOT NULL;",
            "ALTER TABLE \"My Schema\".\"t\" ADD PRIMARY KEY (\"id\");");
  }

  @Test
  void columnsThatFillThemselvesNeedNoValue() {
    var target =
        target(
            List.of("id"),
            ID,
            CODE,
            V,
            new TargetColumn("d", PgType.TEXT.oid(), "text", true, true, false, false),
            new TargetColumn("g", PgType.TEXT.oid(), "text", true, false, true, false),
            new TargetColumn("i", PgType.INT4.oid(), "integer", true, true, false, true));
    assertThat(plan(Identity.DEFAULT, target).columns()).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({
    // wire, oid and name of the target's type, what is sent, cast
    "int4, 21, smallint, INT2,",
    "int2, 23, integer, INT4,",
    "int4, 20, bigint, INT8,",
    "int8, 20, bigint, INT8,",
    "int8, 23, integer, INT4,",
    "int4, 1700, numeric, INT4, numeric",
    "float4, 701, double precision, FLOAT8,",
    "numeric(10;2), 1700, numeric, NUMERIC,",
    "numeric(10;2), 701, double precision, NUMERIC, double precision",
    "text, 1043, character varying, VARCHAR,",
    "text, 1042, bpchar, BPCHAR,",
    "text, 869, inet, TEXT, inet",
    "text, 99999, app.mood, TEXT, app.mood",
    "text, 3802, jsonb, TEXT, jsonb",
    "uuid, 2950, uuid, UUID,",
    "uuid, 25, text, TEXT,",
    "uuid, 99999, app.id, UUID, app.id",
    "json, 3802, jsonb, JSONB,",
    "jsonb, 114, json, JSON,",
    "jsonb, 99999, app.doc, TEXT, app.doc",
    "timestamp, 1184, timestamp with time zone, TIMESTAMPTZ,",
    "timestamptz, 1114, timestamp without time zone, TIMESTAMP,",
    "timestamptz, 25, text, TIMESTAMPTZ, text",
    "timestamp, 25, text, TIMESTAMP, text",
    "date, 1184, timestamp with time zone, DATE, timestamp with time zone",
    "int4[], 1007, integer[], TEXT, integer[]",
    "int4[], 25, text, TEXT,",
    "text[], 99998, app.mood[], TEXT, app.mood[]",
    "numeric, 1700, numeric, NUMERIC,",
  })
  void sendsTheTargetsOwnTypeWhereItCanAndCastsElse(
      String wire, int oid, String typeSql, PgType sentAs, String cast) {
    var table = TABLE.column("c", wire.replace(';', ','));
    var plan =
        ChangePlan.of(
            table.walSchema(), target(List.of("id"), ID, CODE, V, column("c", oid, typeSql)));
    assertThat(plan.columns().get(3)).isEqualTo(new PlanColumn("c", sentAs, cast));
  }

  @ParameterizedTest
  @CsvSource({
    "numeric(10;2), INT4",
    "numeric(10;2), FLOAT4",
    "float8, INT8",
    "float8, FLOAT4",
    "float8, NUMERIC",
    "int4, BOOL",
    "int4, DATE",
    "timestamp, DATE",
    "timestamptz, TIME",
    "date, INT4",
    "uuid, INT4",
    "json, INT4",
    "int4[], INT4",
    "bool, INT8",
  })
  void refusesTypesThatWouldRoundOrCutOrNeverFit(String wire, PgType type) {
    var table = TABLE.column("c", wire.replace(';', ','));
    assertThat(mismatch(table, target(List.of("id"), ID, CODE, V, column("c", type))))
        .hasMessageContaining("cannot hold every");
  }

  @ParameterizedTest
  @CsvSource({
    // wire, oid, modifier as the catalog has it, whether it fits
    "numeric(10;2), 1700, 655365, false", // numeric(10,1)
    "numeric(10;2), 1700, 655366, true", // numeric(10,2)
    "numeric(10;2), 1700, 655367, true", // numeric(10,3)
    "numeric(10), 1700, 657410, false", // numeric(10,-2)
    "numeric(10;2), 1700, -1, true",
    "int4, 1700, 655364, true", // numeric(10,0)
    "int4, 1700, 657410, false",
    "numeric(15;5), 701, -1, true",
    "numeric(16;5), 701, -1, false",
    "numeric(10;2), 790, -1, true", // money
    "numeric(10;3), 790, -1, false",
    "int4, 26, -1, false", // oid
    "int4, 1560, 1, false", // bit(1)
    "timestamptz, 1266, -1, false", // timetz
    "time, 1186, -1, true", // interval
    "time, 1186, 335544319, false", // interval of days
    "text, 1186, 335544319, false",
  })
  void refusesModifiersThatWouldRoundEveryOther(String wire, int oid, int modifier, boolean fits) {
    var table = TABLE.column("c", wire.replace(';', ','));
    var type = new TargetType(oid, modifier, false, true, false, "some(1)");
    var column = new TargetColumn("c", oid, "some", false, false, false, false, type, false);
    var lossy = new TargetColumn("c", oid, "some", false, false, false, false, type, true);
    if (fits) {
      ChangePlan.of(table.walSchema(), target(List.of("id"), ID, CODE, V, column));
    } else {
      assertThat(mismatch(table, target(List.of("id"), ID, CODE, V, column)))
          .hasMessageContaining("is some(1), which cannot hold every ");
    }
    ChangePlan.of(table.walSchema(), target(List.of("id"), ID, CODE, V, lossy));
  }

  @Test
  void refusesCompositeTypesThatRoundInside() {
    var type = new TargetType(99_999, -1, false, false, true, "app.pair");
    var column = new TargetColumn("c", 99_999, "app.pair", false, false, false, false, type, false);
    assertThat(mismatch(TABLE.column("c", "text"), target(List.of("id"), ID, CODE, V, column)))
        .hasMessageContaining("app.pair");
  }

  @Test
  void domainsFitAsWhatTheyAreOf() {
    var type = new TargetType(PgType.DATE.oid(), -1, false, true, false, "app.day (date)");
    var day = new TargetColumn("c", 99_999, "app.day", false, false, false, false, type, false);
    assertThat(mismatch(TABLE.column("c", "timestamp"), target(List.of("id"), ID, CODE, V, day)))
        .hasMessageContaining("app.day (date)");
  }

  @Test
  void refusesArraysWhoseItemsWouldBeCut() {
    var table = TABLE.column("c", "timestamp[]");
    var dates = column("c", PgType.DATE.arrayOid(), "date[]");
    assertThat(mismatch(table, target(List.of("id"), ID, CODE, V, dates)).hint())
        .isEqualTo("ALTER TABLE \"t\".\"t\" ALTER COLUMN \"c\" TYPE timestamp[];");
  }

  @ParameterizedTest
  @CsvSource({
    "bool, bool",
    "int2, int2",
    "int8, int8",
    "varchar, varchar",
    "char, \"char\"",
    "bpchar, bpchar",
    "jsonb, jsonb",
    "uuid, uuid",
    "timestamptz, timestamptz",
    "timestamp, timestamp",
    "numeric(10;2), 'numeric(10,2)'",
    "numeric(5), 'numeric(5,0)'",
    "numeric, numeric",
    "text, text",
    "citext, text",
    "numeric(10;2)[], 'numeric(10,2)[]'",
    "uuid[], uuid[]",
    "int2[], int2[]",
  })
  void hintsNameTheSourcesType(String wire, String sql) {
    var shape = TABLE.column("c", wire.replace(';', ',')).walSchema().after();
    assertThat(SourceType.sql(shape.fields().get(3))).isEqualTo(sql);
  }

  @Test
  void typeNamesThatDoNotAgreeWithTheEncodingAreNotBelieved() {
    var field = TABLE.column("c", "int4").walSchema().after().fields().get(3);
    for (String name : List.of("uuid", "int4; drop table t", "")) {
      var other = new WireField("c", field.slot(), name, false, false);
      assertThat(SourceType.sql(other)).isEqualTo("int4");
    }
  }
}
