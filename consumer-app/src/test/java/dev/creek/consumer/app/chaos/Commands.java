package dev.creek.consumer.app.chaos;

import static dev.creek.consumer.app.chaos.Fault.Effect.REPEATED;

import java.util.List;
import java.util.Random;

/** What users ask for meanwhile, by SQL; not faults, but as little expected by a line. */
final class Commands {
  private Commands() {}

  static List<Fault> all() {
    return List.of(
        new Fault(
            "snapshot, clean",
            REPEATED,
            (all, random) -> all.command("snapshot('%s', 'clean')", mapping(all, random))),
        new Fault(
            "snapshot, upsert",
            REPEATED,
            (all, random) -> all.command("snapshot('%s', 'upsert')", mapping(all, random))),
        new Fault(
            "table removed and added",
            REPEATED,
            (all, random) -> {
              String table = table(all, random);
              all.command("remove_table('%s')", table);
              all.pause(random.nextInt(1000));
              all.command("add_table('%s')", Installation.mapping(table));
            }),
        new Fault(
            "snapshot, and the service killed",
            REPEATED,
            (all, random) -> {
              long id = all.submit("snapshot('%s', 'clean')", mapping(all, random));
              all.pause(random.nextInt(300));
              all.service().kill();
              all.startService();
              all.awaitCommand(id);
            }));
  }

  private static String table(Installation all, Random random) {
    List<String> tables = all.workload().tables();
    return tables.get(random.nextInt(tables.size()));
  }

  private static String mapping(Installation all, Random random) {
    return Installation.mapping(table(all, random));
  }
}
