package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.app.config.Configuration.LogLevel;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

final class ServeTest {
  private final CliRun cli = CliRun.withServers();

  @Test
  void stopsInOrderOnASignalAndEndsWithZero() throws Exception {
    var code = serve();
    await().until(() -> cli.consumer.asked.contains("run"));
    assertThat(code).isNotDone();
    cli.signal.get().accept("SIGTERM");
    assertThat(code.get()).isZero();
    assertThat(cli.consumer.asked).containsExactly("run", "stop", "close");
  }

  @Test
  void endsWithOneWhereWaitingIsNoHelp() throws Exception {
    cli.consumer.failures.put(
        "run", new DatabaseException("password authentication failed", "28P01", null, null, null));
    assertThat(serve().get()).isEqualTo(ExitCode.FAILED);
    assertThat(cli.consumer.asked).contains("close");
  }

  @Test
  void endsWithOneWhereStoppingFails() throws Exception {
    cli.consumer.stopping = Mono.error(new IllegalStateException("stuck"));
    var code = serve();
    await().until(() -> cli.consumer.asked.contains("run"));
    cli.signal.get().accept("SIGINT");
    assertThat(code.get()).isEqualTo(ExitCode.FAILED);
  }

  @Test
  void aSignalIsHeardFromTheFirstMomentOn() throws ExecutionException, InterruptedException {
    var code = serve();
    await().until(() -> cli.signal.get() != null);
    cli.signal.get().accept("SIGTERM");
    assertThat(code.get()).isZero();
  }

  @Test
  void logsMoreThanACommandThatEndsByItself() throws Exception {
    cli.consumer.failures.put("run", new IllegalStateException("over"));
    serve().get();
    assertThat(cli.logging.level()).isEqualTo(LogLevel.INFO);
    cli.run("list-tables");
    assertThat(cli.logging.level()).isEqualTo(LogLevel.WARN);
  }

  @Test
  void takesNoTableWhereItsPortIsTaken() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      cli.environment.put("PROMETHEUS_PORT", Integer.toString(taken.getLocalPort()));
      assertThat(serve().get()).isEqualTo(ExitCode.FAILED);
    }
    assertThat(cli.consumer.asked).containsExactly("close");
  }

  private CompletableFuture<Integer> serve() {
    return CompletableFuture.supplyAsync(() -> cli.run("serve"));
  }
}
