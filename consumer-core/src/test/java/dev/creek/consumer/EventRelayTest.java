package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.testing.Patience;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Signal;

class EventRelayTest {
  @Test
  void aSubscriberLearnsOfAnEndThatCameBeforeIt() {
    EventRelay relay = new EventRelay();
    relay.end(Signal.error(new IllegalStateException("over")));
    // It found no subscriber, and waits.
    Awaitility.await().atMost(Patience.LIMIT).until(EventRelayTest::aRelayWaits);
    assertThatThrownBy(() -> relay.events().blockLast(Patience.LIMIT)).hasMessage("over");
    assertThat(relay.described().blockOptional(Patience.LIMIT)).isEmpty();
  }

  private static boolean aRelayWaits() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("creek-events"))
        .anyMatch(thread -> thread.getState() == Thread.State.WAITING);
  }
}
