package dev.creek.consumer.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.stream.Failpoint.Action;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

class FailpointTest {

  @Test
  void readsNamesActionsAndNumbers() {
    assertThat(Failpoint.parse("before-apply=crash@3, after-claim=error"))
        .hasSize(2)
        .containsEntry(Failpoint.BEFORE_APPLY, new Action(true, 3))
        .containsEntry(Failpoint.AFTER_CLAIM, new Action(false, 1));
  }

  @Test
  void isOffWithoutAWord() {
    assertThat(Failpoint.parse(null)).isEmpty();
    Mono<String> step = Mono.just("step");
    for (Failpoint point : Failpoint.values()) {
      assertThat(point.before(step)).isSameAs(step);
      assertThat(point.after(step)).isSameAs(step);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nowhere=crash", "before-apply", "before-apply=sleep", "before-apply=error@x"})
  void refusesWhatItCannotRead(String text) {
    assertThatThrownBy(() -> Failpoint.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
