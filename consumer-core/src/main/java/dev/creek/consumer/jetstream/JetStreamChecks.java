package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.Subjects;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * Checks of everything at the broker that reading needs. They change nothing. Findings come on the
 * options' scheduler. Thread-safe.
 */
public final class JetStreamChecks {
  private final BrokerCheck broker;
  private final PermissionCheck permissions;
  private final Generations generations;
  private final Scheduler scheduler;

  JetStreamChecks(
      BrokerCheck broker,
      PermissionCheck permissions,
      Generations generations,
      Scheduler scheduler) {
    this.broker = broker;
    this.permissions = permissions;
    this.generations = generations;
    this.scheduler = scheduler;
  }

  /** Checks the connected server. */
  public Flux<Finding> server() {
    return broker.server().publishOn(scheduler);
  }

  /** Checks a source database's streams. */
  public Flux<Finding> streams(String database) {
    return broker
        .streams(database)
        .onErrorMap(ApiException.class, JetStreamLog::refused)
        .publishOn(scheduler);
  }

  /**
   * Tries everything that needs a permission for reading these tables of one database and for
   * requests to its producer, which receives nothing.
   */
  public Flux<Finding> permissions(String database, List<SourceTable> tables) {
    return permissions(database, names -> permissions.findings(database, names, tables));
  }

  /**
   * The same for the one that groups of tables need as well; no finding if it is granted.
   *
   * @param named whether some tables are in a named group, which waits without it
   */
  public Flux<Finding> groupPermission(String database, boolean named) {
    return permissions(database, names -> permissions.ofGroups(database, names, named));
  }

  private Flux<Finding> permissions(String database, Function<Subjects, Flux<Finding>> check) {
    return generations
        .subjects(database)
        .flatMapMany(check)
        // The check of the streams, which needs it first, reports it.
        .onErrorResume(BrokerException.Unavailable.class, e -> Flux.empty())
        .onErrorMap(ApiException.class, JetStreamLog::refused)
        .publishOn(scheduler);
  }
}
