package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.testing.Patience;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Waiting for servers at the start of a run. */
class FirstContactTest {
  private static final Duration PATIENCE = Patience.LIMIT;
  private final RuntimeException refused = new BrokerException.Refused("no", null);
  private final RuntimeException away = new BrokerException.Unavailable("away");

  private static String contact(List<RuntimeException> failures) {
    Deque<RuntimeException> left = new ArrayDeque<>(failures);
    Mono<String> server =
        Mono.defer(() -> left.isEmpty() ? Mono.just("there") : Mono.error(left.removeFirst()));
    return FirstContact.with(server, "it").block(PATIENCE);
  }

  @Test
  void aServerThatIsAwayIsWaitedFor() {
    assertThat(contact(List.of(away, new DatabaseException("full", "53300", null, null, null))))
        .isEqualTo("there");
  }

  @Test
  void aRefusalThatSoonIsNoneIsWaitedFor() {
    assertThat(contact(List.of(refused, refused, away, refused))).isEqualTo("there");
  }

  @Test
  void anEndlessRefusalEnds() {
    assertThatThrownBy(
            () -> FirstContact.with(Mono.error(refused), "it").block(PATIENCE.multipliedBy(2)))
        .isSameAs(refused);
  }

  @Test
  void whatThePasswordOfADatabaseIsRefusedForIsNot() {
    var wrong = new DatabaseException("password authentication failed", "28P01", null, null, null);
    assertThatThrownBy(() -> contact(List.of(wrong))).isSameAs(wrong);
  }
}
