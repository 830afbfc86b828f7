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
    var denial =
        of(
            "Permissions Violation for Subscription to \"_INBOX.0123456789ABCDEFabcdef.*\" (sid \"4\")");
    assertThat(denial.isOfSubscribing("_INBOX.0123456789ABCDEFabcdef.*")).isTrue();
    assertThat(denial.isOfPublishing("_INBOX.0123456789ABCDEFabcdef.*")).isFalse();
    assertThat(denial.hint()).contains("subscribe to \"_INBOX.>\"");
  }

  @Test
  void namesPermissionsAsTheyAreWritten() {
    assertThat(
            of("Permissions Violation for Subscription to \"_INBOX_creek.0123456789ABCDEFabcdef.*\"")
                .hint())
        .contains("subscribe to \"_INBOX_creek.>\"");
    assertThat(
            of("Permissions Violation for Publish to \"$JS.API.CONSUMER.CREATE.CREEK_wal.creek_0123456789ABCDEFabcdef.CREEK.shop.wal.public.orders\"")
                .hint())
        .contains("\"$JS.API.CONSUMER.CREATE.CREEK_wal.*.CREEK.shop.wal.public.orders\"");
  }

  @Test
  void tellsARefusedAnswerFromARefusedQuestion() {
    var denial = of("Permissions Violation for Publish with Reply of \"_R_.creek_x\"");
    assertThat(denial.isOfReplying("_R_.creek_x")).isTrue();
    assertThat(denial.isOfPublishing("_R_.creek_x")).isFalse();
  }

  @Test
  void otherErrorsAreNone() {
    assertThat(Denial.of("Authorization Violation")).isNull();
    assertThat(Denial.of("Stale Connection")).isNull();
  }
}
