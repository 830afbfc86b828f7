package dev.creek.consumer.testing.workload;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which session works on what, so that none waits for another's lock: one thread drives them all.
 */
public final class Claims {
  private record Row(String group, int id) {}

  private final Map<Row, SourceSession> rows = new HashMap<>();
  private final Map<String, Set<SourceSession>> users = new HashMap<>();
  private final Map<String, SourceSession> exclusive = new HashMap<>();

  /** Whether the session may work on the group's tables; if so, it does from now on. */
  boolean claim(SourceSession session, String group) {
    if (exclusive.getOrDefault(group, session) != session) {
      return false;
    }
    users.computeIfAbsent(group, none -> new HashSet<>()).add(session);
    return true;
  }

  /** The same for all rows with an id. */
  boolean claim(SourceSession session, String group, int id) {
    Row row = new Row(group, id);
    if (rows.getOrDefault(row, session) != session || !claim(session, group)) {
      return false;
    }
    rows.put(row, session);
    return true;
  }

  /** The same for whole tables, which nobody else may be working on. */
  boolean claimAll(SourceSession session, Collection<String> groups) {
    boolean free =
        groups.stream()
            .allMatch(
                group ->
                    exclusive.getOrDefault(group, session) == session
                        && Set.of(session).containsAll(users.getOrDefault(group, Set.of())));
    if (free) {
      groups.forEach(group -> exclusive.put(group, session));
      groups.forEach(group -> claim(session, group));
    }
    return free;
  }

  /** The session's transaction is over. */
  public void release(SourceSession session) {
    rows.values().removeIf(session::equals);
    exclusive.values().removeIf(session::equals);
    users.values().forEach(of -> of.remove(session));
  }
}
