package dev.creek.consumer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LsnTest {

  @ParameterizedTest
  @ValueSource(strings = {"0/0", "0/28515D8", "16/B374D848", "FFFFFFFF/FFFFFFFF", "80000000/1"})
  void textAndNumberAreTheSame(String text) {
    assertThat(Lsn.format(Lsn.parse(text))).isEqualTo(text);
  }

  @Test
  void comparesAsNumbersNotAsText() {
    assertThat(Lsn.parse("0/28515D8")).isEqualTo(0x28515D8L).isLessThan(Lsn.parse("0/10000000"));
    assertThat(Lsn.parse("1/0")).isGreaterThan(Lsn.parse("0/FFFFFFFF"));
    assertThat(Lsn.parse("0/abcdef")).isEqualTo(Lsn.parse("0/00ABCDEF"));
  }

  @Test
  void knowsEveryDigit() {
    for (char c = 0; c < 0x250; c++) {
      int value = c < 128 ? Character.digit(c, 16) : -1;
      String text = c + "/0";
      if (value < 0) {
        assertThatThrownBy(() -> Lsn.parse(text)).isInstanceOf(IllegalArgumentException.class);
      } else {
        assertThat(Lsn.parse(text)).isEqualTo((long) value << 32);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "0/",
        "/0",
        "0",
        "1/2/3",
        "123456789/0",
        "0/123456789",
        "0/G",
        "0/ 1",
        "-1/0"
      })
  void refusesOtherText(String text) {
    assertThatThrownBy(() -> Lsn.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
