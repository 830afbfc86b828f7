package dev.creek.consumer.postgres;

import dev.creek.consumer.row.SourceIdentity;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import java.util.List;

/** The columns of the primary key that a target is made with: the source's identity. */
final class SourceKey {
  private SourceKey() {}

  static List<String> of(WalSchema schema) {
    return SourceIdentity.of(schema);
  }

  static List<String> of(RecordShape snapshot) {
    return SourceIdentity.of(snapshot);
  }
}
