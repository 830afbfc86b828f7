package dev.creek.consumer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.SourceTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names as people write them: tables, fingerprints. */
final class NamesTest {

  @ParameterizedTest
  @ValueSource(strings = {"db.app.t", "db.\"a.b\".t", "db.app.\"with space\"", "db.app.\"q\"\"q\""})
  void aSourceTableReadsWhatItWrites(String text) {
    assertThat(SourceTable.parse(text)).hasToString(text);
  }

  @Test
  void unquotedPartsAreTakenAsWritten() {
    assertThat(SourceTable.parse("Db.App.CamelCase"))
        .isEqualTo(new SourceTable("Db", "App", "CamelCase"));
    assertThat(SourceTable.parse("db.\"App\".\"a\"\"b\""))
        .isEqualTo(new SourceTable("db", "App", "a\"b"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "t",
        "app.t",
        "a.b.c.d",
        "db..t",
        "db.app.",
        "db.app.\"t",
        "db.app.t\"t\"",
        "db.app.\"a\" \"b\"",
        "db.app.\"\""
      })
  void refusesOtherForms(String text) {
    assertThatThrownBy(() -> SourceTable.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " db.app.t",
        "db.app.t ",
        "db. app.t",
        "db.app .t",
        "db.app.t\t",
        "db.app.t\n",
        "db.app.t\u00a0",
        "db.app.\u3000t",
        "db.app.t\u200b",
        "\ufeffdb.app.t",
        "db.app.\"t\" "
      })
  void refusesWhiteSpaceAroundANameUnlessItIsQuoted(String text) {
    assertThatThrownBy(() -> SourceTable.parse(text))
        .hasMessageContaining("white space around a name");
    assertThat(SourceTable.parse("db.app.\" t\u00a0\"").table()).isEqualTo(" t\u00a0");
    assertThat(SourceTable.parse("db.app.two words").table()).isEqualTo("two words");
  }

  @Test
  void aUriIsNotRepeated() {
    assertThatThrownBy(() -> SourceTable.parse("nats://me:geheim@h"))
        .hasMessage("a table's name is expected, not a URI");
    assertThat(SourceTable.parse("db.app.\"a://b\"").table()).isEqualTo("a://b");
  }

  @Test
  void saysThatAQuoteIsOpen() {
    assertThatThrownBy(() -> SourceTable.parse("db.app.\"t")).hasMessageContaining("not closed");
  }

  @Test
  void aFingerprintIsBigEndianInUrlBase64WithPadding() {
    var fingerprint = new Fingerprint(0xEA04898515_37B5B0L);
    assertThat(fingerprint).hasToString("6gSJhRU3tbA=");
    assertThat(Fingerprint.parse("6gSJhRU3tbA=")).isEqualTo(fingerprint);
    assertThat(Fingerprint.parse("C-tqvJMMfAI=")).hasToString("C-tqvJMMfAI=");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "6gSJhRU3", "not base64!!", "6gSJhRU3tbCq"})
  void refusesOtherFingerprints(String text) {
    assertThatThrownBy(() -> Fingerprint.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
