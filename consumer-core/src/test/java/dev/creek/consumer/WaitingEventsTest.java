package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.TableEvent;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.api.TableState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Events that a subscriber has not taken yet. */
class WaitingEventsTest {
  private static final int BOUND = 4;

  private final WaitingEvents waiting = new WaitingEvents(BOUND);

  private static Mapping table(int number) {
    return Mapping.parse("source.app.t%d:copy.t%d".formatted(number, number));
  }

  private static TableEvent state(int table, TableState.Name name) {
    return new TableEvent.StateChanged(table(table), new TableState(name, null, null));
  }

  private static TableEvent commit(int table, long inserts) {
    return new TableEvent.Committed(table(table), new Applied(Position.NONE, inserts, 0, 0, 0));
  }

  private List<TableEvent> taken() {
    List<TableEvent> taken = new ArrayList<>();
    for (TableEvent event = waiting.poll(); event != null; event = waiting.poll()) {
      taken.add(event);
    }
    return taken;
  }

  @Test
  void leaveInOrderAndWholeWhileThereIsRoom() {
    List<TableEvent> events =
        List.of(
            state(1, TableState.Name.WAITING),
            state(1, TableState.Name.STREAMING),
            commit(1, 1),
            commit(1, 2));
    events.forEach(waiting::add);
    assertThat(waiting.isEmpty()).isFalse();
    assertThat(taken()).isEqualTo(events);
    assertThat(waiting.isEmpty()).isTrue();
  }

  @Test
  void ofEachTableTheNewestStateAndCommitAreNeverLost() {
    int tables = 50;
    for (int round = 1; round <= 100; round++) {
      for (int table = 0; table < tables; table++) {
        waiting.add(state(table, TableState.Name.STREAMING));
        waiting.add(commit(table, round));
      }
    }
    waiting.add(state(7, TableState.Name.FAILED));

    List<TableEvent> taken = taken();
    assertThat(taken).hasSizeLessThanOrEqualTo(BOUND + 2 * tables);
    for (int table = 0; table < tables; table++) {
      Mapping mapping = table(table);
      assertThat(taken)
          .filteredOn(event -> event.mapping().equals(mapping))
          .filteredOn(TableEvent.Committed.class::isInstance)
          .last()
          .isEqualTo(commit(table, 100));
    }
    assertThat(taken).last().isEqualTo(state(7, TableState.Name.FAILED));
  }

  @Test
  void areAsManyAgainOnceTheyWereTaken() {
    for (int round = 0; round < 3; round++) {
      waiting.add(commit(1, 1));
      waiting.add(commit(1, 2));
      assertThat(taken()).containsExactly(commit(1, 1), commit(1, 2));
    }
  }
}
