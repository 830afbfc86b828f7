package dev.creek.consumer.postgres.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.postgres.control.Heartbeat.Beat;
import dev.creek.consumer.postgres.control.Heartbeat.Row;
import dev.creek.consumer.postgres.control.Members.Present;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MembersTest {
  private static final Duration SETTLE = Duration.ofSeconds(5);

  private final Members members = new Members(SETTLE);

  /** Any value: only differences count, and it may be negative. */
  private long now = Long.MAX_VALUE - 3;

  @Test
  void believesTheFirstBeatAtOnce() {
    assertThat(after(1, alive("self"), dead("before"))).containsExactly("self");
  }

  @Test
  void countsThoseThatServe() {
    assertThat(after(1, alive("self"), new Row("command", false, true, Grouping.DATABASE)))
        .containsExactly("self");
  }

  @Test
  void followsThoseThatComeAndGo() {
    after(1, alive("self"));
    assertThat(after(1, alive("self"), alive("other"))).containsExactlyInAnyOrder("self", "other");
    assertThat(after(1, alive("self"), dead("other"))).containsExactly("self");
  }

  @Test
  void keepsThoseThatItKnewForAWhileAfterAnOutage() {
    after(1, alive("self"), alive("other"));
    assertThat(after(2, alive("self"), dead("other"))).contains("other");
    pass(SETTLE.minusMillis(1));
    assertThat(after(2, alive("self"), dead("other"))).contains("other");
    pass(Duration.ofMillis(1));
    assertThat(after(2, alive("self"), dead("other"))).containsExactly("self");
  }

  @Test
  void keepsNoneThatWasDeadBeforeTheOutage() {
    after(1, alive("self"), dead("other"));
    assertThat(after(2, alive("self"), dead("other"))).containsExactly("self");
  }

  @Test
  void letsGoAtOnceOfThoseThatLeft() {
    after(1, alive("self"), alive("other"));
    assertThat(after(2, alive("self"))).containsExactly("self");
  }

  @Test
  void takesALongPauseForAnOutage() {
    after(1, alive("self"), alive("other"));
    pass(SETTLE.plusMillis(1));
    assertThat(after(1, alive("self"), dead("other"))).contains("other");
  }

  @Test
  void shareByDatabaseAsLongAsAnyOfThemGroupsByDatabase() {
    Row grouped = new Row("grouped", true, true, Grouping.DATABASE);
    Row older = new Row("older", true, true, null);
    Row command = new Row("command", false, true, Grouping.DATABASE);
    assertThat(present(1, alive("self"), older, command).grouping()).isEqualTo(Grouping.TABLE);
    assertThat(present(1, alive("self"), older, grouped).grouping()).isEqualTo(Grouping.DATABASE);
    assertThat(present(1, alive("self"), dead("grouped")).grouping()).isEqualTo(Grouping.TABLE);
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }

  private Set<String> after(long connection, Row... rows) {
    return present(connection, rows).ids();
  }

  private Present present(long connection, Row... rows) {
    return members.after(new Beat(connection, 1, List.of(rows)), now);
  }

  private static Row alive(String id) {
    return new Row(id, true, true, Grouping.TABLE);
  }

  private static Row dead(String id) {
    return new Row(id, true, false, Grouping.TABLE);
  }
}
