package dev.creek.consumer.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each nested class is used as a test's author would; the second test sees what the first left. */
final class ExtensionsIT {

  @Nested
  @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
  final class AStaticField {

    @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.shared();

    @RegisterExtension private static final NatsExtension NATS = NatsExtension.own();

    private static final Set<Integer> PORTS = new HashSet<>();
    private static String firstDatabase = "";

    @Test
    @Order(1)
    void givesServersAndAnEmptyDatabase(
        PostgresServer postgres, PostgresDatabase database, NatsServer nats) {
      database.execute("create table t (id int)");
      firstDatabase = database.name();
      PORTS.add(nats.port());
      assertThat(postgres).isSameAs(POSTGRES.server());
      assertThat(nats.isRunning()).isTrue();
    }

    @Test
    @Order(2)
    void givesTheSameServersAndAnotherDatabase(PostgresDatabase database) {
      PORTS.add(NATS.server().port());
      assertThat(PORTS).hasSize(1);
      assertThat(database.query("select from pg_class where relname = 't'")).isEmpty();
      assertThat(POSTGRES.server().query("postgres", "select datname from pg_database"))
          .extracting(row -> row.get(0))
          .contains(database.name())
          .doesNotContain(firstDatabase);
    }

    @Test
    @Order(3)
    void refusesToEndASharedServer() {
      assertThatThrownBy(POSTGRES::restartable)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("own()");
    }
  }

  @Nested
  @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
  final class AnInstanceField {

    private static final Set<PostgresServer> SEEN = new HashSet<>();

    @RegisterExtension private final PostgresExtension postgres = PostgresExtension.own();

    @Test
    @Order(1)
    void givesAServer(PostgresDatabase database) {
      PostgresServer server = postgres.restartable();
      server.restart();
      assertThat(database.value("select 1")).isEqualTo("1");
      SEEN.add(server);
    }

    @Test
    @Order(2)
    void givesAnotherServerToTheNextTest() {
      PostgresServer server = postgres.restartable();
      assertThat(SEEN).isNotEmpty().noneMatch(PostgresServer::isRunning);
      assertThat(SEEN).doesNotContain(server);
      assertThat(server.isRunning()).isTrue();
    }
  }
}
