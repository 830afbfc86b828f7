package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.Scratch;
import dev.creek.consumer.testing.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Another program that takes the same commands and environment: the Go consumer, or another release
 * of this one. It is subscribed before its process starts, and the clock begins with that.
 */
final class OtherConsumer implements Contender {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Rig rig;
  private final String name;
  private final List<String> program;

  /**
   * @param name as it is called in options and reports
   * @param commandLine the program, and words that come before the command
   */
  OtherConsumer(Rig rig, String name, String commandLine) {
    this.rig = rig;
    this.name = name;
    this.program =
        Arrays.stream(commandLine.split(" ", -1)).filter(word -> !word.isEmpty()).toList();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean takes(Input input) {
    return input.snapshot() == null;
  }

  @Override
  public Measured apply(Input input, PostgresDatabase target) {
    Path folder = Scratch.onDisk("other");
    Path log = folder.resolve("log");
    List<String> subscribe = new ArrayList<>(List.of("add-tables"));
    Service.mappings(input.dataset()).forEach(mapping -> subscribe.add(mapping.toString()));
    ServerProcess command = start(target, log, subscribe);
    if (command.awaitEnd(LIMIT).orElse(1) != 0) {
      throw new IllegalStateException("add-tables failed:\n" + command.logTail());
    }
    ServerProcess[] serving = new ServerProcess[1];
    try {
      Measured run =
          new Watch(rig, target, input.dataset())
              .from(
                  () -> serving[0] = start(target, log, List.of("serve")), () -> check(serving[0]));
      long pid = serving[0].pid();
      return run.with(Metric.CONSUMER_CPU, ProcessTree.cpuSeconds(OptionalLong.of(pid)))
          .with(
              Metric.PEAK_RSS_BYTES,
              ProcessTree.peakRssBytes(pid).stream().asDoubleStream().findFirst());
    } finally {
      if (serving[0] != null) {
        serving[0].kill();
      }
      Scratch.remove(folder);
    }
  }

  private ServerProcess start(PostgresDatabase target, Path log, List<String> arguments) {
    List<String> command = new ArrayList<>(program);
    command.addAll(arguments);
    return ServerProcess.start(
        name, command, Map.of("NATS_URI", rig.nats().uri(), "DB_URI", target.uri()), log);
  }

  private static void check(ServerProcess serving) {
    if (!serving.isAlive()) {
      throw new IllegalStateException("it ended:\n" + serving.logTail());
    }
  }
}
