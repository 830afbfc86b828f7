package dev.creek.consumer;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TableEvent;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Events in the order in which they came, up to a bound. Beyond that a new one replaces the last
 * waiting one of the same table and kind. So the newest state and the newest commit of each table
 * are always among them, and no more wait than the bound and two for each table. Thread-safe; holds
 * its lock for a few steps.
 */
final class WaitingEvents {
  private final int bound;
  private final Map<Long, TableEvent> waiting = new LinkedHashMap<>();

  /** The number of the last one of its table and kind. */
  private final Map<Kind, Long> newest = new HashMap<>();

  private long next;

  WaitingEvents(int bound) {
    this.bound = bound;
  }

  private record Kind(Mapping mapping, Class<? extends TableEvent> type) {
    static Kind of(TableEvent event) {
      return new Kind(event.mapping(), event.getClass());
    }
  }

  synchronized void add(TableEvent event) {
    long number = next++;
    Long before = newest.put(Kind.of(event), number);
    if (before != null && waiting.size() >= bound) {
      waiting.remove(before);
    }
    waiting.put(number, event);
  }

  /** The oldest, which is removed; null if there is none. */
  synchronized @Nullable TableEvent poll() {
    Iterator<Map.Entry<Long, TableEvent>> inOrder = waiting.entrySet().iterator();
    if (!inOrder.hasNext()) {
      return null;
    }
    Map.Entry<Long, TableEvent> first = inOrder.next();
    TableEvent event = first.getValue();
    newest.remove(Kind.of(event), first.getKey());
    inOrder.remove();
    return event;
  }

  synchronized boolean isEmpty() {
    return waiting.isEmpty();
  }
}
