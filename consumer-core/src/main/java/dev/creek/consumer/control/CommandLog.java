package dev.creek.consumer.control;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.TargetTable;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Commands, kept durably: each is carried out at least once, those of one target in order of their
 * ids. Who carries one out holds a lease; where that ends without an outcome, another one may begin
 * it again. Thread-safe.
 */
public interface CommandLog {

  /**
   * Stores a command and wakes the services.
   *
   * @return its id, or that of the same command where that is the last one that waits for the
   *     target
   */
  Mono<Long> submit(Command command);

  /** One command; empty where there is none of this id. */
  Mono<CommandRecord> find(long id);

  /**
   * Commands, newest first: those that have not ended, the first 500 of them, and the newest of
   * those that have.
   *
   * @param ended how many that have ended, at most
   */
  Flux<CommandRecord> newest(int ended);

  /** What is to be done next for each target that has something to be done. */
  Mono<List<Pending>> pending();

  /** What is to be done next for this target; empty where nothing is. */
  Mono<Pending> next(TargetTable target);

  /**
   * Begins a command under a lease.
   *
   * @return how often it has been begun by now; empty where somebody else has it, or is about to
   *     change it
   */
  Mono<Integer> take(long id);

  /** Keeps the leases of these commands. */
  Mono<Void> renew(Collection<Long> ids);

  /** Shows what a command waits for. */
  Mono<Void> note(long id, String detail);

  /** Shows how far a command is. */
  Mono<Void> progress(long id, SnapshotProgress progress);

  /**
   * Stores how a command ended; nothing happens where the lease was lost.
   *
   * @param status {@link CommandRecord#OK}, {@link CommandRecord#CANCELLED}, or the error
   * @param detail what was done
   * @param progress how far it got
   */
  Mono<Void> finish(
      long id, String status, @Nullable String detail, @Nullable SnapshotProgress progress);

  /**
   * Asks for a command's end: one that nobody has ends at once, one that runs is to be ended by who
   * has it.
   *
   * @return false where it has ended already; errors where there is none of this id
   */
  Mono<Boolean> cancel(long id);

  /**
   * Gives a command back: it is queued again as if it had not been begun, or ends where it is to be
   * cancelled.
   */
  Mono<Void> release(long id);

  /**
   * Removes commands that ended long ago.
   *
   * @return how many
   */
  Mono<Long> prune();

  /**
   * A command that is not finished.
   *
   * @param free whether nobody holds it
   * @param removal id of the first {@code remove_table} that waits behind it; 0 for none
   * @param cancelledBy the role that wants it cancelled; null for none
   */
  record Pending(
      long id, Command command, boolean free, long removal, @Nullable String cancelledBy) {

    /** One that nobody wants cancelled. */
    public Pending(long id, Command command, boolean free, long removal) {
      this(id, command, free, removal, null);
    }
  }
}
