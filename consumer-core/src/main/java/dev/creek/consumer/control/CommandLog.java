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
 * Commands, stored durably: each is carried out at least once, those of one target in order of
 * their ids. The instance that carries one out holds a lease; if the lease ends without an outcome,
 * another may begin the command again. Thread-safe.
 */
public interface CommandLog {

  /**
   * Stores a command and wakes the services.
   *
   * @return its id, or that of the same command if that is the last one that waits for the target
   */
  Mono<Long> submit(Command command);

  /** One command; empty if there is none with this id. */
  Mono<CommandRecord> find(long id);

  /**
   * Commands, newest first: the first 500 of those that have not ended, and the newest of those
   * that have.
   *
   * @param ended maximum number of ended ones
   */
  Flux<CommandRecord> newest(int ended);

  /** The next open command of each target that has one. */
  Mono<List<Pending>> pending();

  /** The next open command of this target; empty if there is none. */
  Mono<Pending> next(TargetTable target);

  /**
   * Begins a command under a lease.
   *
   * @return how often it has been begun by now; empty if another instance has it, or a transaction
   *     is about to change it
   */
  Mono<Integer> take(long id);

  /** Renews the leases of these commands. */
  Mono<Void> renew(Collection<Long> ids);

  /** Shows why a command waits. */
  Mono<Void> note(long id, String detail);

  /** Shows the progress of a command. */
  Mono<Void> progress(long id, SnapshotProgress progress);

  /**
   * Stores the outcome of a command; without effect if the lease was lost.
   *
   * @param status {@link CommandRecord#OK}, {@link CommandRecord#CANCELLED}, or the error
   * @param detail description of what was done
   * @param progress its last progress
   */
  Mono<Void> finish(
      long id, String status, @Nullable String detail, @Nullable SnapshotProgress progress);

  /**
   * Requests a command's end: a waiting command ends at once, a running one is ended by the
   * instance that has it.
   *
   * @return false if it has ended already; errors if there is none with this id
   */
  Mono<Boolean> cancel(long id);

  /**
   * Gives a command back: it is queued again as if it had not been begun, or ends if it is to be
   * cancelled.
   */
  Mono<Void> release(long id);

  /**
   * Removes commands that ended long ago.
   *
   * @return their number
   */
  Mono<Long> prune();

  /**
   * A command that is not finished.
   *
   * @param free whether no instance holds it
   * @param removal id of the first {@code remove_table} that waits behind it; 0 for none
   * @param cancelledBy the role that cancelled it; null for none
   */
  record Pending(
      long id, Command command, boolean free, long removal, @Nullable String cancelledBy) {

    /** A command that is not cancelled. */
    public Pending(long id, Command command, boolean free, long removal) {
      this(id, command, free, removal, null);
    }
  }
}
