package dev.creek.consumer.testing.producer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.PostgresExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Updates whose big value PostgreSQL does not send. */
final class UnchangedToastIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.own();

  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  private ProducerRig rig;

  @BeforeEach
  void createRig() {
    rig = new ProducerRig(postgres.server(), nats.server());
  }

  @AfterEach
  void closeRig() {
    rig.close();
  }

  @Test
  void takesAnUnchangedToastedValueFromTheRowAsItIs() throws Exception {
    startWithToast();
    rig.source().execute("update items set note = 'changed' where id = 1");
    rig.awaitCaughtUp();

    assertThat(rig.changes()).containsExactly("c - 1 a 40000", "u 1 1 changed 40000");
  }

  @Test
  void leavesOutAnUpdateOfARowThatIsGone() throws Exception {
    startWithToast();
    rig.producer().stop();
    rig.source().execute("update items set note = 'changed'", "delete from items");
    rig.producer().start();
    rig.awaitCaughtUp();

    assertThat(rig.changes()).containsExactly("c - 1 a 40000", "d 1 -");
    assertThat(rig.producer().superseded()).isEqualTo(1);
    assertThat(rig.producer().drops()).isEmpty();
  }

  @Test
  void deletesTheOldKeyOfARowThatIsGone() throws Exception {
    startWithToast();
    rig.producer().stop();
    rig.source().execute("update items set id = 2", "update items set id = 3");
    rig.producer().start();
    rig.awaitCaughtUp();

    assertThat(rig.changes()).containsExactly("c - 1 a 40000", "d 1 -", "u_pk 2 3 a 40000");
  }

  @Test
  void findsATableThatHasANewName() throws Exception {
    startWithToast();
    rig.producer().stop();
    rig.source().execute("update items set note = 'changed'", "alter table items rename to things");
    rig.producer().start();
    rig.awaitCaughtUp();

    assertThat(rig.changes()).containsExactly("c - 1 a 40000", "u 1 1 changed 40000");
  }

  @Test
  void withTheFullIdentityTheOldRowHasTheValue() throws Exception {
    rig.source().execute("alter table items replica identity full");
    startWithToast();
    rig.producer().stop();
    rig.source().execute("update items set note = 'changed'", "delete from items");
    rig.producer().start();
    rig.awaitCaughtUp();

    assertThat(rig.changes()).containsExactly("c - 1 a 40000", "u_pk 1 1 changed 40000", "d 1 -");
  }

  private void startWithToast() {
    rig.start(Generation.OLD);
    rig.source()
        .execute(
            "alter table items alter big set storage external",
            "insert into items values (1, 'a', repeat('x', 40000))");
    rig.awaitCaughtUp();
  }
}
