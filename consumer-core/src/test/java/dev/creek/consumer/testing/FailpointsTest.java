package dev.creek.consumer.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.stream.Failpoint;
import dev.creek.consumer.testing.Failpoints.Action;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FailpointsTest {

  @Test
  void readsNamesActionsAndNumbers() {
    assertThat(Failpoints.parse("before-apply=crash@3, after-claim=error"))
        .hasSize(2)
        .containsEntry(Failpoint.BEFORE_APPLY, new Action(true, 3))
        .containsEntry(Failpoint.AFTER_CLAIM, new Action(false, 1));
  }

  @Test
  void failOnThePassThatIsNamedAndOnNoOther() {
    var failpoints = new Failpoints("before-apply=error@2");
    failpoints.pass(Failpoint.BEFORE_APPLY);
    failpoints.pass(Failpoint.AFTER_CLAIM);
    assertThatThrownBy(() -> failpoints.pass(Failpoint.BEFORE_APPLY))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("before-apply");
    assertThatNoException().isThrownBy(() -> failpoints.pass(Failpoint.BEFORE_APPLY));
  }

  @Test
  void areFoundInTestsAndDoNothingWithoutAWord() {
    assertThat(ServiceLoader.load(Failpoint.Trap.class))
        .singleElement()
        .isInstanceOf(Failpoints.class);
    var failpoints = new Failpoints(null);
    for (Failpoint point : Failpoint.values()) {
      assertThatNoException().isThrownBy(() -> failpoints.pass(point));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nowhere=crash", "before-apply", "before-apply=sleep", "before-apply=error@x"})
  void refuseWhatTheyCannotRead(String text) {
    assertThatThrownBy(() -> new Failpoints(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
