package dev.creek.consumer.app;

import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.app.cli.CommandStep;
import java.util.Locale;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Carries out commands in this process, if no service runs. */
final class OwnWork {
  private final CreekConsumer facade;

  OwnWork(CreekConsumer facade) {
    this.facade = facade;
  }

  /** Carries out one command; errors if it fails. */
  Flux<CommandStep> carryOut(Command command) {
    if (command instanceof Command.CreateSchema create) {
      return facade
          .tables()
          .create(create.mapping())
          .map(created -> done(created ? "created" : "exists already and fits"))
          .flux();
    }
    if (command instanceof Command.AddTable add) {
      return facade
          .tables()
          .add(add.mapping(), add.group())
          .map(subscribed -> done("subscribed"))
          .flux();
    }
    if (command instanceof Command.AddTableFrom add) {
      return facade
          .tables()
          .add(add.mapping(), add.from(), add.group())
          .map(subscribed -> done("subscribed, from " + add.from()))
          .flux();
    }
    if (command instanceof Command.RemoveTable remove) {
      return subscribed(facade.tables().remove(remove.target()), "removed").flux();
    }
    if (command instanceof Command.SetGroup set) {
      String group = set.group();
      return subscribed(
              facade.tables().setGroup(set.target(), group),
              group == null ? "in no named group" : "in the group " + TableGroup.quoted(group))
          .flux();
    }
    if (command instanceof Command.TakeSnapshot take) {
      return steps(facade.snapshots().take(take.mapping(), take.mode()), "");
    }
    if (command instanceof Command.ApplySnapshot apply) {
      return steps(facade.snapshots().apply(apply.subject(), apply.mapping(), apply.mode()), "");
    }
    if (command instanceof Command.Fill fill) {
      return steps(facade.snapshots().fill(fill.mapping(), fill.columns()), "");
    }
    if (command instanceof Command.Resync resync) {
      // Subscribed afterwards: the snapshot leaves the position from which to follow.
      return steps(
          facade
              .snapshots()
              .take(resync.mapping(), SnapshotMode.CLEAN)
              .delayUntil(
                  progress ->
                      progress.step() == SnapshotProgress.Step.DONE
                          ? facade.tables().add(resync.mapping(), resync.group())
                          : Mono.empty()),
          ", subscribed");
    }
    return Flux.error(new IllegalStateException("only a running service can do that"));
  }

  /** Applies a published snapshot, whatever changes the broker holds. */
  Flux<CommandStep> forceSnapshot(Command.ApplySnapshot apply) {
    return steps(
        facade.snapshots().applyForced(apply.subject(), apply.mapping(), apply.mode()), "");
  }

  private static Mono<CommandStep> subscribed(Mono<Boolean> changed, String detail) {
    return changed
        .filter(done -> done)
        .map(done -> done(detail))
        .switchIfEmpty(
            Mono.error(
                () ->
                    new IllegalStateException(
                        "is not subscribed; list-tables shows the subscriptions")));
  }

  private static Flux<CommandStep> steps(Flux<SnapshotProgress> snapshot, String andThen) {
    return snapshot.map(
        progress ->
            progress.step() == SnapshotProgress.Step.DONE
                ? done(described(progress) + andThen)
                : new CommandStep.Snapshot(progress));
  }

  private static String described(SnapshotProgress done) {
    return String.format(
        Locale.ROOT,
        "%,d %s of %s in %.1f s",
        done.rowsDone(),
        done.rowsDone() == 1 ? "row" : "rows",
        done.subject(),
        done.elapsed().toMillis() / 1000.0);
  }

  private static CommandStep done(String detail) {
    return new CommandStep.Done(detail);
  }
}
