package dev.creek.consumer.postgres.catalog;

import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.session.SqlNames;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The table into which a clean snapshot is loaded before it is visible. Each load has a new name.
 * While the load runs, its session holds the advisory lock of the name's number: a table without
 * that lock was left behind.
 *
 * @param namespace its schema
 * @param name {@code _creek_snap_} and 16 hexadecimal digits
 */
public record LoadTable(String namespace, String name) {
  static final String PREFIX = "_creek_snap_";

  /** Beginning of its comment, so that no table of a user's is mistaken for one of ours. */
  public static final String COMMENT = "creek-consumer is loading a snapshot of ";

  private static final int HEXADECIMAL = 16;

  /** A table that does not exist yet. */
  public static LoadTable in(String namespace) {
    long number = ThreadLocalRandom.current().nextLong();
    return new LoadTable(namespace, PREFIX + String.format(Locale.ROOT, "%016x", number));
  }

  /** Key of its advisory lock. */
  public long key() {
    return Long.parseUnsignedLong(name.substring(PREFIX.length()), HEXADECIMAL);
  }

  public String sqlName() {
    return SqlNames.quoted(namespace, name);
  }

  /** Explains the table to users who find it. */
  public String comment(TargetTable target) {
    String text =
        COMMENT + target + "; left behind by one that was killed, it goes at the next start";
    return "comment on table " + sqlName() + " is '" + text.replace("'", "''") + "'";
  }

  public String drop() {
    return "drop table if exists " + sqlName();
  }
}
