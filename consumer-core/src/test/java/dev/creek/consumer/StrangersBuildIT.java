package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.StrangersBuild;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleFinder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The artifact in builds that are not ours: which libraries they get, and that it works there. */
class StrangersBuildIT {
  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  @Test
  void anEmptyProjectGetsTheVersionsThatAreTestedHere(PostgresDatabase database)
      throws IOException {
    StrangersBuild build = StrangersBuild.importing(null);
    List<Path> classpath = build.resolve();

    assertThat(names(classpath.stream()))
        .isSubsetOf(testedHere())
        .anyMatch(name -> name.startsWith("reactor-netty-core-"))
        .anyMatch(name -> name.startsWith("netty-handler-"))
        .anyMatch(name -> name.startsWith("reactor-pool-"))
        .anyMatch(name -> name.startsWith("jackson-core-"))
        .noneMatch(StrangersBuildIT::isForTheApplicationOrForTests);
    assertThat(appliesARow(build, classpath, database)).contains("direct TLS: known");
  }

  /** Which also takes that no two libraries share a package. */
  @Test
  void aModularProgramRequiresItByItsName() {
    List<Path> classpath = StrangersBuild.importing(null).resolve();

    var resolved =
        ModuleLayer.boot()
            .configuration()
            .resolve(
                ModuleFinder.of(),
                ModuleFinder.of(classpath.toArray(Path[]::new)),
                Set.of("dev.creek.consumer"));

    assertThat(resolved.findModule("dev.creek.consumer"))
        .hasValueSatisfying(it -> assertThat(it.reference().descriptor().isAutomatic()).isTrue());
  }

  @Test
  void springBoot3sDriverWillDo(PostgresDatabase database) throws IOException {
    StrangersBuild build = StrangersBuild.importing(System.getProperty("creek.test.boot-3"));
    List<Path> classpath = resolved(build);

    assertThat(names(classpath.stream()))
        .anyMatch(name -> name.startsWith("r2dbc-postgresql-1.0."))
        .anyMatch(name -> name.startsWith("netty-handler-4.1."));
    assertThat(appliesARow(build, classpath, database))
        .contains("direct TLS: sslnegotiation=direct needs r2dbc-postgresql 1.1 or newer");
  }

  @Test
  void springBoot4sLibrariesWillDo(PostgresDatabase database) throws IOException {
    StrangersBuild build = StrangersBuild.importing(System.getProperty("creek.test.boot-4"));
    List<Path> classpath = resolved(build);

    assertThat(names(classpath.stream()))
        .anyMatch(name -> name.startsWith("r2dbc-postgresql-1.1."))
        .anyMatch(name -> name.startsWith("netty-handler-4.2."));
    assertThat(appliesARow(build, classpath, database)).contains("direct TLS: known");
  }

  private static boolean isForTheApplicationOrForTests(String jar) {
    return Stream.of(
            "logback-",
            "log4j-",
            "slf4j-simple-",
            "slf4j-jdk14-",
            "picocli-",
            "micrometer-",
            "prometheus-",
            "reactor-netty-http-",
            "postgresql-",
            "junit-",
            "blockhound-")
        .anyMatch(jar::startsWith);
  }

  /** Of Spring Boot's dependency management this build itself needs nothing. */
  private static List<Path> resolved(StrangersBuild build) {
    try {
      return build.resolve();
    } catch (IllegalStateException e) {
      assumeFalse(build.isOffline(), "not downloaded yet, and Maven is offline: " + e.getMessage());
      throw e;
    }
  }

  private String appliesARow(StrangersBuild build, List<Path> classpath, PostgresDatabase database)
      throws IOException {
    TableWire orders =
        TableWire.of("app", "orders")
            .generation(Generation.NEW)
            .column("id", "int4", TableWire.Flag.KEY)
            .column("note", "text");
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "source")) {
      publisher.publishSchema(orders);
      publisher.publishSurely(orders.source(), orders.insert(WalTx.of(1), 1, "first"));
    }
    String output = build.run("Main", program(), classpath, nats.server().uri(), database.uri());
    assertThat(output).contains("inserted 1");
    assertThat(database.query("select note from copy.orders")).hasSize(1);
    return output;
  }

  private static String program() throws IOException {
    try (InputStream text = StrangersBuildIT.class.getResourceAsStream("/stranger/Main.java")) {
      return new String(text.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static Set<String> testedHere() {
    String classpath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return names(Arrays.stream(classpath.split(File.pathSeparator)).map(Path::of));
  }

  private static Set<String> names(Stream<Path> paths) {
    return paths
        .map(path -> path.getFileName().toString())
        // Here it may be the folder of its classes.
        .filter(name -> !name.startsWith("creek-consumer-core"))
        .collect(Collectors.toSet());
  }
}
