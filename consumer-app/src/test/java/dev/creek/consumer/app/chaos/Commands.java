package dev.creek.consumer.app.chaos;

import static dev.creek.consumer.app.chaos.Fault.Effect.NONE;
import static dev.creek.consumer.app.chaos.Fault.Effect.SNAPSHOT;

import java.util.List;
import java.util.Random;

/** What users ask for meanwhile, by SQL; not faults, but as little expected by a line. */
final class Commands {
  private Commands() {}

  static List<Fault> all() {
    return List.of(
        new Fault(
            "snapshot, clean",
            SNAPSHOT,
            (all, random) ->
                awaitEnd(all, all.submit("snapshot('%s', 'clean')", mapping(all, random)))),
        new Fault(
            "snapshot, upsert",
            SNAPSHOT,
            (all, random) ->
                awaitEnd(all, all.submit("snapshot('%s', 'upsert')", mapping(all, random)))),
        new Fault(
            "table removed and added",
            NONE,
            (all, random) -> {
              String table = table(all, random);
              all.command("remove_table('%s')", table);
              all.pause(random.nextInt(1000));
              all.command("add_table('%s')", Installation.mapping(table));
            }),
        new Fault(
            "snapshot, and the service killed",
            SNAPSHOT,
            (all, random) -> {
              long id = all.submit("snapshot('%s', 'clean')", mapping(all, random));
              all.pause(random.nextInt(300));
              all.service().kill();
              all.startService();
              awaitEnd(all, id);
            }));
  }

  /** A snapshot that is being taken while something else happens; returns the command's id. */
  static long beside(Installation all, Random random) {
    String mode = random.nextBoolean() ? "clean" : "upsert";
    return all.submit("snapshot('%s', '" + mode + "')", mapping(all, random));
  }

  /** A target that the workload has not brought up to the source's columns yet refuses it. */
  private static void awaitEnd(Installation all, long id) {
    String outcome = all.awaitEnd(id);
    if (!outcome.equals("ok") && !outcome.contains("does not fit the source")) {
      throw new AssertionError("command %d: %s".formatted(id, outcome));
    }
  }

  private static String table(Installation all, Random random) {
    List<String> tables = all.workload().tables();
    return tables.get(random.nextInt(tables.size()));
  }

  private static String mapping(Installation all, Random random) {
    return Installation.mapping(table(all, random));
  }
}
