package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.postgres.apply.GroupPart.PartFailure;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.stream.Failpoint;
import dev.creek.consumer.stream.GroupWriter;
import dev.creek.consumer.stream.TableWriter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Writes the batches of several tables, each in one target transaction. A batch of one table is
 * that table's single statement. One of few tables, or of tables that foreign keys tie together, is
 * one statement, too. In larger batches a statement writes some of the tables, or one, rows and
 * positions together, without locks and savepoints before. If one of those fails, or in a
 * transaction of several calls, each table is written as if alone in its transaction: its row
 * locked first, its position last, and what may fail behind a savepoint; rows of tied tables still
 * in one statement.
 */
final class PostgresGroupWriter implements GroupWriter {
  private final HeldSession shared;
  private final GroupErrors errors;
  private final GroupMoves moves;
  private final FusedWriter fused = new FusedWriter();
  private final ForeignKeys keys = new ForeignKeys();

  /** The writers of the open transaction; only for apply. */
  private final Set<PostgresTableWriter> open = new LinkedHashSet<>();

  /** The writer that writes a batch in its own session. */
  private volatile @Nullable PostgresTableWriter single;

  PostgresGroupWriter(Sessions sessions) {
    this.shared = new HeldSession(sessions);
    this.errors = new GroupErrors(sessions);
    this.moves = new GroupMoves(sessions);
  }

  @Override
  public Mono<List<Applied>> apply(List<Part> parts, boolean endsTransaction) {
    return Mono.defer(
        () -> {
          List<GroupPart> group = parts.stream().map(GroupPart::of).toList();
          requireFit(group, endsTransaction);
          return group.size() == 1 && endsTransaction && open.isEmpty()
              ? alone(group.get(0))
              : together(group, endsTransaction);
        });
  }

  private void requireFit(List<GroupPart> parts, boolean endsTransaction) {
    Set<PostgresTableWriter> writers = new LinkedHashSet<>();
    for (GroupPart part : parts) {
      if (!writers.add(part.writer())) {
        throw new IllegalArgumentException(part.target() + " occurs twice in a batch");
      }
      if (part.ready().batch().endsTransaction() != endsTransaction) {
        throw new IllegalArgumentException(
            part.target() + " ends its transaction elsewhere than the batch");
      }
    }
    if (endsTransaction && !writers.containsAll(open)) {
      throw new IllegalArgumentException("a table of the open transaction is not among its end");
    }
  }

  private Mono<List<Applied>> alone(GroupPart part) {
    PostgresTableWriter writer = part.writer();
    return Mono.defer(
            () -> {
              single = writer;
              return writer.apply(part.ready());
            })
        .map(List::of)
        .onErrorMap(error -> GroupErrors.of(part, error))
        .doOnTerminate(() -> single = null);
  }

  private Mono<List<Applied>> together(List<GroupPart> parts, boolean endsTransaction) {
    return shared
        .requireOpen()
        .thenMany(Flux.fromIterable(parts).concatMap(GroupPart::requireOpen, 0))
        .then(Failpoint.BEFORE_APPLY.before(Mono.defer(() -> written(parts, endsTransaction))))
        .onErrorResume(error -> failed(parts, error));
  }

  private Mono<List<Applied>> written(List<GroupPart> parts, boolean endsTransaction) {
    for (GroupPart part : parts) {
      part.writer().share(shared);
      open.add(part.writer());
    }
    return recognised(parts)
        .thenMany(Flux.fromIterable(parts))
        .concatMap(GroupPart::stage, 0)
        .collectList()
        .delayUntil(staged -> keys.learn(shared.session(), staged))
        .flatMap(staged -> endsTransaction ? ended(staged) : part(staged));
  }

  /** Tables that are met for the first time share their statements. */
  private Mono<Void> recognised(List<GroupPart> parts) {
    return shared.inTransaction()
        ? Mono.empty()
        : Flux.fromIterable(parts).flatMap(GroupPart::recognise, Math.max(1, parts.size())).then();
  }

  /** A later part may hold the row to which one of these refers. */
  private Mono<List<Applied>> part(List<GroupPart> parts) {
    return shared.deferConstraints().then(Mono.defer(() -> rows(parts))).then(Mono.empty());
  }

  private Mono<List<Applied>> ended(List<GroupPart> parts) {
    Mono<Void> careful = careful(parts);
    Mono<Void> written = shared.inTransaction() ? careful : whole(parts, careful);
    return written
        .then(Failpoint.AFTER_COMMIT.before(shared.giveBack()))
        .then(Mono.fromCallable(() -> committed(parts)));
  }

  /** Rows, then positions, in a transaction of several statements, which may be open already. */
  private Mono<Void> careful(List<GroupPart> parts) {
    return Mono.defer(() -> rows(parts))
        .then(Mono.defer(() -> each(parts, GroupPart::moved)))
        .then(committing());
  }

  /** The rows, in a transaction that holds the fences. */
  private Mono<Void> rows(List<GroupPart> parts) {
    List<GroupPart> tied = keys.tied(parts);
    if (tied.isEmpty()) {
      return each(parts, GroupPart::rows);
    }
    List<GroupPart> others = parts.stream().filter(part -> !tied.contains(part)).toList();
    return shared
        .deferConstraints()
        .then(each(tied, GroupPart::fenced))
        .then(Mono.defer(shared::session))
        .flatMap(session -> tiedRows(session, tied))
        .then(Mono.defer(() -> each(others, GroupPart::rows)));
  }

  /**
   * Rows of tables whose order matters, in one statement as far as possible: then they may exchange
   * keys. The others come behind them or, if the statement is refused, before them. If it is
   * refused again, all are written one table after the other.
   */
  private Mono<Void> tiedRows(Session session, List<GroupPart> tied) {
    List<GroupPart> fusible = tied.stream().filter(FusedWriter::isFusible).toList();
    List<GroupPart> others = tied.stream().filter(part -> !fusible.contains(part)).toList();
    Mono<Void> atOnce = fusible.size() < 2 ? null : fused.rows(session, fusible);
    if (atOnce == null) {
      return each(tied, GroupPart::rows);
    }
    Mono<Void> its = each(others, GroupPart::rows);
    Mono<Void> first = orElse(session, atOnce, each(fusible, GroupPart::rows));
    return others.isEmpty()
        ? first
        : orElse(session, atOnce.thenReturn(true), its.then(first).thenReturn(false))
            .flatMap(othersAreLeft -> othersAreLeft ? its : Mono.empty());
  }

  /** The second, if somebody's rows are refused by the first. */
  private <T> Mono<T> orElse(Session session, Mono<T> first, Mono<T> second) {
    return Mono.defer(() -> shared.savepoint(session))
        .then(first)
        .onErrorResume(
            GroupErrors::isSomebodys, e -> shared.rollbackToSavepoint(session).then(second));
  }

  /** Whole transactions. */
  private Mono<Void> whole(List<GroupPart> parts, Mono<Void> careful) {
    List<GroupPart> tied = keys.tied(parts);
    boolean isOne = FusedWriter.isFew(parts.size()) || tied.size() == parts.size();
    Mono<Void> atOnce = isOne ? fused.write(shared.session(), parts, !tied.isEmpty()) : null;
    return atOnce == null
        ? attempted(parts, tied, careful)
        : atOnce.onErrorResume(GroupErrors::isSomebodys, e -> careful);
  }

  private Mono<Void> attempted(List<GroupPart> parts, List<GroupPart> tied, Mono<Void> careful) {
    Mono<Void> together = tied.isEmpty() ? Mono.empty() : fused.write(shared.session(), tied, true);
    if (together == null) {
      return careful;
    }
    List<GroupPart> others = parts.stream().filter(part -> !tied.contains(part)).toList();
    return shared
        .transaction()
        .then(together)
        .then(Mono.defer(() -> untied(others)))
        .then(committing())
        .onErrorResume(
            PostgresGroupWriter::mayRecover,
            e -> shared.session().flatMap(shared::rollback).then(careful));
  }

  private Mono<Void> untied(List<GroupPart> parts) {
    return FusedWriter.isFew(parts.size())
        ? each(parts, GroupPart::attempted)
        : Flux.fromIterable(fused.bundles(parts)).concatMap(this::bundle, 0).then();
  }

  /** Tables of a larger batch, in one statement if possible. */
  private Mono<Void> bundle(List<GroupPart> parts) {
    return Mono.defer(
        () -> {
          Mono<Void> atOnce = parts.size() < 2 ? null : fused.write(shared.session(), parts, false);
          return atOnce == null ? each(parts, GroupPart::attempted) : atOnce;
        });
  }

  private Mono<Void> committing() {
    return Failpoint.BEFORE_COMMIT.before(
        Mono.defer(() -> shared.session().flatMap(shared::commit)));
  }

  /** Does one after the other; completes empty. */
  private static Mono<Void> each(List<GroupPart> parts, Function<GroupPart, Mono<Void>> work) {
    return Flux.fromIterable(parts).concatMap(work, 0).then();
  }

  /** Tells whether another way to write may succeed, or tell more about the error. */
  private static boolean mayRecover(Throwable error) {
    return error instanceof PartFailure failure
        ? SqlErrors.mayBeInserted(failure.error()) || SqlErrors.mayDependOnOrder(failure.error())
        : GroupErrors.isSomebodys(error);
  }

  private List<Applied> committed(List<GroupPart> parts) {
    List<Applied> applied =
        parts.stream()
            .map(part -> part.writer().nowCommitted(part.ready().batch().position()))
            .toList();
    open.forEach(PostgresTableWriter::unshare);
    open.clear();
    return applied;
  }

  /** Everything is rolled back before somebody looks for the cause. */
  private Mono<List<Applied>> failed(List<GroupPart> parts, Throwable error) {
    parts.forEach(part -> open.add(part.writer()));
    List<PostgresTableWriter> unusable = List.copyOf(open);
    open.clear();
    return shared
        .abandon()
        .then(Mono.fromRunnable(() -> unusable.forEach(PostgresTableWriter::unshare)))
        .thenMany(Flux.fromIterable(unusable).concatMap(PostgresTableWriter::close, 0))
        .then(Mono.defer(() -> errors.described(error, parts)))
        .flatMap(Mono::error);
  }

  @Override
  public Mono<List<TableWriter>> move(Map<TableWriter, Position> positions) {
    return Mono.defer(
        () -> {
          if (!open.isEmpty()) {
            throw new IllegalStateException("a source transaction is open");
          }
          return moves.move(positions);
        });
  }

  @Override
  public Mono<Void> close() {
    return shared
        .close()
        .then(
            Mono.defer(
                () -> {
                  PostgresTableWriter writing = single;
                  return writing == null ? Mono.empty() : writing.close();
                }));
  }
}
