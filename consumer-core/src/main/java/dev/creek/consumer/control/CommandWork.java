package dev.creek.consumer.control;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TargetTable;
import java.util.Locale;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The operations that a command means, and the outcome that their results are. */
final class CommandWork {
  private final Command command;
  private final Operations operations;
  private final Mono<Void> unwanted;
  private final Consumer<SnapshotProgress> progress;

  /**
   * @param unwanted completes when the command is given up
   * @param progress receives the progress of a snapshot
   */
  CommandWork(
      Command command,
      Operations operations,
      Mono<Void> unwanted,
      Consumer<SnapshotProgress> progress) {
    this.command = command;
    this.operations = operations;
    this.unwanted = unwanted;
    this.progress = progress;
  }

  /** Empty if it ended without being done. */
  Mono<Outcome> carryOut() {
    TargetTable target = command.target();
    if (command instanceof Command.CreateSchema create) {
      return operations
          .createTable(create.mapping())
          .map(created -> new Outcome.Done(created ? "created" : "exists already and fits"));
    }
    if (command instanceof Command.AddTable add) {
      return operations
          .addTable(add.mapping(), add.group())
          .thenReturn(new Outcome.Done("subscribed"));
    }
    if (command instanceof Command.AddTableFrom add) {
      return operations
          .addTable(add.mapping(), add.from(), add.group())
          .thenReturn(new Outcome.Done("subscribed, from " + add.from()));
    }
    if (command instanceof Command.RemoveTable) {
      return operations
          .removeTable(target)
          .map(removed -> removed ? new Outcome.Done("removed") : notSubscribed());
    }
    if (command instanceof Command.SetGroup set) {
      String group = set.group();
      return operations
          .setGroup(target, group)
          .map(
              done ->
                  done
                      ? new Outcome.Done(
                          group == null
                              ? "in no named group"
                              : "in the group " + TableGroup.quoted(group))
                      : notSubscribed());
    }
    if (command instanceof Command.SchemaDiff diff) {
      return operations.schemaDiff(diff.mapping()).map(Outcome.Done::new);
    }
    if (command instanceof Command.ResumeTable) {
      return operations
          .resumeTable(target)
          .map(resumed -> new Outcome.Done(resumed ? "tried again" : "was not waiting"));
    }
    if (command instanceof Command.SkipChange skip) {
      return operations
          .skipChange(target, skip.sequence())
          .<Outcome>map(reason -> new Outcome.Done("skipped: " + reason))
          .defaultIfEmpty(new Outcome.Failed(notThere(skip)));
    }
    return snapshot();
  }

  private Outcome notSubscribed() {
    return new Outcome.Failed(command.target() + " is not subscribed");
  }

  private static String notThere(Command.SkipChange skip) {
    return skip.target()
        + " has not stopped at stream sequence "
        + skip.sequence()
        + ": nothing was skipped";
  }

  private Mono<Outcome> snapshot() {
    if (command instanceof Command.TakeSnapshot take) {
      return followed(operations.snapshot(take.mapping(), take.mode(), unwanted))
          .map(Outcome.Done::new);
    }
    if (command instanceof Command.Fill fill) {
      return followed(operations.fill(fill.mapping(), fill.columns(), unwanted))
          .map(done -> new Outcome.Done(CommandText.columns(fill.columns()) + " of " + done));
    }
    if (command instanceof Command.ApplySnapshot apply) {
      return followed(
              operations.applySnapshot(apply.subject(), apply.mapping(), apply.mode(), unwanted))
          .map(Outcome.Done::new);
    }
    // First the rows and the position, then the subscription, which continues from there.
    Command.Resync resync = (Command.Resync) command;
    Mapping mapping = resync.mapping();
    return followed(operations.snapshot(mapping, SnapshotMode.CLEAN, unwanted))
        .delayUntil(done -> operations.addTable(mapping, resync.group()))
        .map(done -> new Outcome.Done(done + ", subscribed"));
  }

  /** A description of what was done. */
  private Mono<String> followed(Flux<SnapshotProgress> snapshot) {
    return snapshot
        .doOnNext(progress)
        .takeLast(1)
        .next()
        .filter(last -> last.step() == SnapshotProgress.Step.DONE)
        .map(CommandWork::described);
  }

  private static String described(SnapshotProgress done) {
    long rows = done.rowsDone();
    String text =
        String.format(
            Locale.ROOT, "%,d %s of %s", rows, rows == 1 ? "row" : "rows", done.subject());
    return done.doubt() == null ? text : text + ". Incomplete: " + done.doubt();
  }
}
