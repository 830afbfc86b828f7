package dev.creek.consumer.jetstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;

final class DenialTest {
  private static Denial of(String error) {
    return Objects.requireNonNull(Denial.of(error));
  }

  @Test
  void namesWhatMayNotBePublishedWithoutNamesThatAreMadeUp() {
    var denial =
        of(
            "Permissions Violation for Publish to \"$JS.API.CONSUMER.MSG.NEXT.CREEK_wal_shop.creek_0123456789ABCDEFabcdef\"");
    assertThat(
            denial.isOfPublishing(
                "$JS.API.CONSUMER.MSG.NEXT.CREEK_wal_shop.creek_0123456789ABCDEFabcdef"))
        .isTrue();
    assertThat(denial.reason())
        .isEqualTo(
            "Permissions Violation for Publish to \"$JS.API.CONSUMER.MSG.NEXT.CREEK_wal_shop.*\"");
    assertThat(denial.hint()).contains("publish to \"$JS.API.CONSUMER.MSG.NEXT.CREEK_wal_shop.*\"");
  }

  @Test
  void namesWhatMayNotBeSubscribedToWithAndWithoutItsNumber() {
    var denial = of("Permissions Violation for Subscription to \"_INBOX.aBc123.*\" (sid \"4\")");
    assertThat(denial.isOfSubscribing("_INBOX.aBc123.*")).isTrue();
    assertThat(denial.isOfPublishing("_INBOX.aBc123.*")).isFalse();
    assertThat(denial.hint()).contains("subscribe to \"_INBOX.>\"");
  }

  @Test
  void otherErrorsAreNone() {
    assertThat(Denial.of("Authorization Violation")).isNull();
    assertThat(Denial.of("Stale Connection")).isNull();
  }
}
