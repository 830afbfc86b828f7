package dev.creek.consumer.stream;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The subscribed tables: the table {@code subscriptions}. Thread-safe. Errors: {@link
 * DatabaseException}.
 */
public interface Subscriptions {

  /** Creates the control schema, or migrates it, keeping the data of the Go consumer. */
  Mono<Void> migrate();

  /** All rows, ordered by target. */
  Flux<Subscription> all();

  /**
   * The same with the current states. A stored state was reported by the table's instance, and
   * holds only while that instance is alive. Otherwise the state is {@link
   * TableState.Name#UNKNOWN}, or waiting if no instance has the table any more; failures and gaps
   * stay.
   */
  Flux<Subscription> present();

  /**
   * Emits (coalesced) whenever the rows may have changed: at start, on NOTIFY, after each
   * reconnect, and on a slow tick. Outages do not end it.
   */
  Flux<Signal> changes();

  /** A wake-up without content. */
  enum Signal {
    WAKE
  }

  /**
   * Subscribes, or re-activates keeping the position (the source must then be the same). Wakes
   * running services.
   *
   * @param group the named group of tables to put it in; null leaves it in that where it was, if it
   *     was in one
   * @return errors with {@link DatabaseException} if it is active in another group, or the group is
   *     of another source database
   */
  Mono<Subscription> activate(Mapping mapping, @Nullable String group);

  /** The same without a group. */
  default Mono<Subscription> activate(Mapping mapping) {
    return activate(mapping, null);
  }

  /**
   * Subscribes a table that has no position yet, or has one but was never claimed. Wakes running
   * services.
   *
   * @param position where it begins
   * @param group as {@link #activate(Mapping, String)} says
   * @return errors with {@link DatabaseException} if it has one, or another source
   */
  Mono<Subscription> begin(Mapping mapping, Position position, @Nullable String group);

  /**
   * Puts a subscribed table into a named group of tables, or into none. Wakes running services.
   *
   * @param group its name; null for none
   * @return false if there is no such subscription; errors with {@link DatabaseException} if the
   *     group is of another source database
   */
  Mono<Boolean> setGroup(TargetTable target, @Nullable String group);

  /**
   * Says what is done when the source of a table gets other columns, types or keys. Wakes running
   * services.
   *
   * @param policy null for the service's
   * @return false if there is no such subscription
   */
  Mono<Boolean> setSchemaChanges(TargetTable target, @Nullable SchemaPolicy policy);

  /**
   * The same for a table whether or not it is subscribed: once it is, its policy counts from the
   * first change on.
   *
   * @return errors with {@link DatabaseException} if its rows come from another source
   */
  Mono<Void> keepSchemaChanges(Mapping mapping, @Nullable SchemaPolicy policy);

  /**
   * Makes a subscription inactive, keeping the position; false if there is no such subscription.
   * Wakes running services.
   */
  Mono<Boolean> deactivate(TargetTable target);

  /** Stores what running pipelines know of their tables. */
  Mono<Void> note(Map<TargetTable, Note> notes);

  /**
   * Facts about a table that only its running pipeline knows.
   *
   * @param lag stored in whole seconds; null if it is not known
   * @param membership null if it is in no group
   */
  record Note(@Nullable Duration lag, @Nullable Membership membership) {}

  /**
   * Makes a failed table skip the message at which it stopped, and no other, from its next claim
   * on. Repeating this has no further effect.
   *
   * @return the table's error; empty if it has not stopped at this message
   */
  Mono<String> skip(TargetTable target, long sequence);
}
