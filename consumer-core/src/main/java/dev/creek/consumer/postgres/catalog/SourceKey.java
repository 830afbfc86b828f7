package dev.creek.consumer.postgres.catalog;

import dev.creek.consumer.row.SourceIdentity;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import java.util.List;

/** The columns of the primary key that a target is made with: the source's identity. */
public final class SourceKey {
  private SourceKey() {}

  public static List<String> of(WalSchema schema) {
    return SourceIdentity.of(schema);
  }

  public static List<String> of(RecordShape snapshot) {
    return SourceIdentity.of(snapshot);
  }
}
