package dev.creek.consumer.control;

import java.util.Locale;

/** What a command asks for. */
public enum Verb {
  CREATE_SCHEMA("CREATE"),
  ADD_TABLE("ADD"),
  ADD_TABLE_FROM("ADD_FROM"),
  REMOVE_TABLE("REMOVE"),
  SNAPSHOT("SNAP"),
  APPLY_SNAPSHOT("APPLY_SNAP"),
  RESYNC("RESYNC"),
  RESUME_TABLE("RESUME"),
  SKIP_CHANGE("SKIP");

  private final String word;

  Verb(String word) {
    this.word = word;
  }

  /** The word in a {@link CommandText}. */
  String word() {
    return word;
  }

  /** The SQL function's name, as stored. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
