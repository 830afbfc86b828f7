package dev.creek.consumer.postgres.position;

import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.wire.Lsn;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A {@link Horizon} as stored in {@code subscriptions}. */
public final class HorizonSql {
  public static final String COLUMNS =
      "held_kind, held_from, held_through, held_tx_id, held_lsn::text as held_lsn, held_at";

  private HorizonSql() {}

  /** The part of an UPDATE that stores one, without parameters; null for none. */
  public static String assignments(@Nullable Horizon horizon) {
    return horizon == null
        ? ", held_kind = null"
        : ", held_kind = %s, held_from = %d, held_through = %d, held_tx_id = %d, held_lsn = %s, held_at = %s"
            .formatted(
                SqlNames.literal(horizon.kind().name().toLowerCase(Locale.ROOT)),
                horizon.from(),
                horizon.through(),
                horizon.transactionId(),
                SqlNames.literal(Lsn.format(horizon.lsn())),
                SqlNames.literal(horizon.at().toString()));
  }

  /** Null if nothing is known, or only to a newer version. */
  public static @Nullable Horizon of(Readable row) {
    String kind = row.get("held_kind", String.class);
    for (Horizon.Kind known : Horizon.Kind.values()) {
      if (known.name().toLowerCase(Locale.ROOT).equals(kind)) {
        return new Horizon(
            known,
            number(row, "held_from"),
            number(row, "held_through"),
            number(row, "held_tx_id"),
            Lsn.parse(Objects.requireNonNull(row.get("held_lsn", String.class))),
            Objects.requireNonNull(row.get("held_at", Instant.class)));
      }
    }
    return null;
  }

  private static long number(Readable row, String column) {
    return Objects.requireNonNull(row.get(column, Long.class));
  }
}
