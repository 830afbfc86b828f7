package dev.creek.consumer.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.ShapeMismatchException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FailurePolicyTest {
  private static final Mapping MAPPING = Mapping.parse("shop.app.orders:copy.orders");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "08006", "40001", "40P01", "53300", "55P03", "57P01", "57014", "25006", "28P01", "58030"
      })
  void triesAgainWhatPasses(String sqlState) {
    assertThat(classify(database(sqlState))).isInstanceOf(Verdict.Retry.class);
  }

  @ParameterizedTest
  @CsvSource({
    "53100, free space on the target's disk",
    "53400, temp_file_limit",
    "25006, target_session_attrs=read-write",
    "28P01, ALTER ROLE ... PASSWORD",
    "28000, pg_hba.conf"
  })
  void saysWhatToDoWhereOnlyAPersonCan(String sqlState, String described) {
    assertThat(classify(database(sqlState)))
        .isInstanceOfSatisfying(
            Verdict.Retry.class, retry -> assertThat(retry.hint()).contains(described));
  }

  @ParameterizedTest
  @ValueSource(strings = {"08006", "40001", "40P01", "53200", "53300", "55P03", "57P03", "57014"})
  void asksNobodyToActWhereItPassesByItself(String sqlState) {
    assertThat(classify(database(sqlState)))
        .isInstanceOfSatisfying(Verdict.Retry.class, retry -> assertThat(retry.hint()).isNull());
  }

  @ParameterizedTest
  @ValueSource(strings = {"23502", "23514", "42P01", "42501", "22001", "0A000", "XX000", "P0001"})
  void stopsTheTableForTheRest(String sqlState) {
    assertThat(classify(database(sqlState)))
        .isInstanceOfSatisfying(Verdict.Stop.class, stop -> assertThat(stop.hint()).isNotBlank());
  }

  @ParameterizedTest
  @ValueSource(strings = {"23503", "23505", "23P01"})
  void waitsForTheOtherSideOfAForeignKeyAndForWhatFreesAValue(String sqlState) {
    assertThat(classify(database(sqlState))).isInstanceOf(Verdict.Await.class);
  }

  @Test
  void waitsForTheBrokerAndForSchemas() {
    assertThat(classify(new BrokerException.Unavailable("away"))).isInstanceOf(Verdict.Retry.class);
    assertThat(classify(new SchemaUnknownException("who knows"))).isInstanceOf(Verdict.Retry.class);
  }

  @Test
  void callsLostMessagesAGap() {
    assertThat(classify(new BrokerException.Gap("gone"))).isInstanceOf(Verdict.Gap.class);
    assertThat(classify(new MessageException.LostHead("half"))).isInstanceOf(Verdict.Gap.class);
  }

  @Test
  void stopsTheTableForABadMessageAndForATargetThatDoesNotFit() {
    assertThat(classify(new MessageException("bad"))).isInstanceOf(Verdict.Stop.class);
    assertThat(classify(new ShapeMismatchException("no column", "ALTER TABLE …")))
        .isEqualTo(new Verdict.Stop("no column", "ALTER TABLE …"));
  }

  @Test
  void letsGoWhenFenced() {
    assertThat(classify(new FencedException("taken"))).isInstanceOf(Verdict.LetGo.class);
  }

  @Test
  void stopsTheTableForWhatNobodyExpected() {
    assertThat(classify(new IllegalStateException("?"))).isInstanceOf(Verdict.Stop.class);
  }

  private static Verdict classify(Throwable error) {
    return FailurePolicy.classify(error, MAPPING);
  }

  private static DatabaseException database(String sqlState) {
    return new DatabaseException("refused", sqlState, null, null, null);
  }
}
