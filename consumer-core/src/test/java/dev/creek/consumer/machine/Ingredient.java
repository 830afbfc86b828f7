package dev.creek.consumer.machine;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** What a case may be made of, besides plain rows that come, change and go. */
enum Ingredient {
  // The source's tables.
  KEYLESS(Effect.MAY_STOP),
  FULL_IDENTITY(Effect.NONE),
  INDEX_IDENTITY(Effect.MAY_STOP),
  NO_IDENTITY(Effect.NONE),
  PARTITIONED_SOURCE(Effect.NONE),
  SECOND_UNIQUE(Effect.NONE),

  // The target's tables.
  WIDER_TYPE(Effect.NONE),
  NARROWER_TYPE(Effect.MAY_STOP),
  COARSER_KEY(Effect.MAY_STOP),
  FINER_KEY(Effect.MAY_STOP),
  MISSING_KEY(Effect.MAY_STOP),
  CASE_BLIND_KEY(Effect.MAY_STOP),
  PARTIAL_KEY(Effect.MAY_STOP),
  EXPRESSION_KEY(Effect.MAY_STOP),
  DEFERRABLE_KEY(Effect.MAY_STOP),
  OWN_COLUMNS(Effect.NONE),
  LOGGING_TRIGGER(Effect.NONE),
  SUPPRESSING_TRIGGER(Effect.MAY_STOP),
  CASCADING_CHILDREN(Effect.MAY_STOP),
  RESTRICTING_CHILDREN(Effect.MAY_STOP),
  HIDDEN_ROWS(Effect.MAY_STOP),
  LEAST_PRIVILEGE(Effect.NONE),
  VIEW(Effect.NONE),
  PARTITIONED_TARGET(Effect.NONE),
  PERMUTED_COLUMNS(Effect.NONE),
  DROPPED_COLUMN(Effect.NONE),

  // What happens.
  NO_FIRST_SNAPSHOT(Effect.MAY_STOP),
  CLEAN_SNAPSHOT(Effect.NONE),
  UPSERT_SNAPSHOT(Effect.NONE),
  OLDER_SNAPSHOT(Effect.NONE),
  REMOVED_AND_ADDED(Effect.NONE),
  SERVICE_RESTART(Effect.NONE),
  PRODUCER_RESTART(Effect.NONE),
  PUBLISHED_AGAIN(Effect.NONE),
  CLOCK_OFFSET(Effect.NONE),
  TAGS(Effect.NONE),
  COLUMN_ADDED(Effect.MAY_STOP),
  COLUMN_WITH_DEFAULT(Effect.MAY_STOP),
  COLUMN_DROPPED(Effect.MAY_STOP),
  TYPE_CHANGED(Effect.MAY_STOP),
  KEY_CHANGED(Effect.MAY_STOP),
  IDENTITY_CHANGED(Effect.MAY_STOP),
  TARGET_EMPTIED(Effect.MAY_STOP),
  TARGET_RECREATED(Effect.MAY_STOP),
  TARGET_ROWS_DELETED(Effect.MAY_STOP),
  PURGED_SUBJECT(Effect.MAY_STOP),
  DELETED_MESSAGE(Effect.MAY_STOP);

  private enum Effect {
    /** A table with nothing else must end equal and without a mark. */
    NONE,
    /** It may also stop, or be marked. */
    MAY_STOP
  }

  private final Effect effect;

  Ingredient(Effect effect) {
    this.effect = effect;
  }

  /** Whether a table in which nothing else is must end equal, streaming and unmarked. */
  boolean isHarmless() {
    return effect == Effect.NONE;
  }

  /**
   * @param names with commas between them, in any case; empty for none
   */
  static Set<Ingredient> parse(String names) {
    return Arrays.stream(names.split(",", -1))
        .map(name -> name.trim().toUpperCase(java.util.Locale.ROOT))
        .filter(name -> !name.isEmpty())
        .map(Ingredient::valueOf)
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(Ingredient.class)));
  }
}
