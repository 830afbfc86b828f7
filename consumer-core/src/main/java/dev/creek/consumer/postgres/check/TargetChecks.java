package dev.creek.consumer.postgres.check;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DatabaseOptions.ReplicationRole;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.control.Migrator;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Checks of the target database before a run. They change nothing. Thread-safe. */
public final class TargetChecks {
  private final Sessions sessions;
  private final DatabaseOptions options;
  private final Migrator migrator;

  public TargetChecks(Sessions sessions, DatabaseOptions options, Migrator migrator) {
    this.sessions = sessions;
    this.options = options;
    this.migrator = migrator;
  }

  /**
   * Checks server and control schema.
   *
   * @return errors with {@link DatabaseException} if the server cannot be reached or refuses the
   *     login
   */
  public Flux<Finding> server() {
    return new TargetCheck(sessions, options, migrator).findings();
  }

  /**
   * Checks a target table.
   *
   * @param schema the source's newest schema, to check whether it fits; null if it is not known
   * @param rows its columns from a snapshot, if there is nothing else; otherwise null
   * @param subscribed whether its changes are followed already
   * @return errors with {@link DatabaseException}
   */
  public Flux<Finding> table(
      Mapping mapping, @Nullable WalSchema schema, @Nullable RecordShape rows, boolean subscribed) {
    return TableCheck.findings(sessions, mapping, schema, rows, subscribed);
  }

  /**
   * Compares the columns and keys of these mappings' targets with those of their source tables, by
   * both catalogs. A missing table is skipped.
   *
   * @param source the database of the source tables
   * @return errors with {@link DatabaseException} if a server cannot be reached
   */
  public Flux<Finding> catalogs(DatabaseOptions source, List<Mapping> mappings) {
    return Flux.usingWhen(
        // Certificates are read from files.
        Mono.fromSupplier(() -> new Sessions(source)).subscribeOn(Schedulers.boundedElastic()),
        from ->
            Flux.fromIterable(mappings)
                .concatMap(mapping -> CatalogComparison.findings(from, sessions, mapping), 1),
        Sessions::close);
  }

  /**
   * Warnings about foreign keys of target tables that lead out of their groups; none if they are
   * not checked.
   *
   * @param groups groups of the tables that are followed, or are to be; empty for one that is
   *     applied alone
   * @return errors with {@link DatabaseException}
   */
  public Flux<Finding> groups(
      List<Mapping> mappings, Map<TargetTable, Optional<TableGroup>> groups) {
    return options.replicationRole() == ReplicationRole.REPLICA
        ? Flux.empty()
        : GroupCheck.findings(sessions, mappings, groups);
  }
}
