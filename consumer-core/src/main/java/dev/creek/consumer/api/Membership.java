package dev.creek.consumer.api;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The present relation of a table to the other members of its {@link TableGroup}. */
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
