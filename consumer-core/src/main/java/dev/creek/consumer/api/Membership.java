package dev.creek.consumer.api;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a table of a {@link TableGroup} is applied at the moment. */
public enum Membership {
  /** Together with the other members: each source transaction is one target transaction. */
  MEMBER,

  /** On its own for now: it is behind or stopped, has a snapshot, or begins. It joins by itself. */
  APART;

  /** Lower case, as it is shown. */
  public String shown() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Of a stored flag; null if there is none. */
  public static @Nullable Membership of(@Nullable Boolean member) {
    return member == null ? null : member ? MEMBER : APART;
  }
}
