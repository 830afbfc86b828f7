package dev.creek.consumer.testing.producer;

import dev.creek.consumer.api.Generation;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

/** Names of streams and subjects, and how the real producer creates streams. */
record Streams(Generation generation, String namespace, String database) {
  private static final Duration DUPLICATE_WINDOW = Duration.ofMinutes(2);
  private static final int NOT_FOUND = 404;

  /** What a stream is for. */
  enum Kind {
    WAL,
    SNAP,
    SCHEMA;

    String token() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  String stream(Kind kind) {
    return generation == Generation.OLD
        ? namespace + '_' + kind.token()
        : namespace + '_' + kind.token() + '_' + database;
  }

  /** Subject of a table; names are put in as they are, as by the real producer. */
  String subject(Kind kind, Relation relation) {
    return prefix(kind) + '.' + relation.qualifiedName();
  }

  String schemaRequests() {
    return generation == Generation.OLD ? namespace + "._schema" : stream(Kind.SCHEMA);
  }

  String snapshotRequests() {
    return generation == Generation.OLD ? namespace + "._snapshot" : stream(Kind.SNAP);
  }

  /**
   * Creates the stream, or adds this database's subjects to it: the real OLD producer forgets that,
   * so that a second database finds no stream. Other settings of a stream that is there are left
   * alone, so that a test may create it with limits of its own.
   */
  void ensure(JetStreamManagement management, Kind kind) throws IOException, JetStreamApiException {
    String subjects = prefix(kind) + ".>";
    StreamConfiguration existing;
    try {
      existing = management.getStreamInfo(stream(kind)).getConfiguration();
    } catch (JetStreamApiException e) {
      if (e.getErrorCode() != NOT_FOUND) {
        throw e;
      }
      management.addStream(
          StreamConfiguration.builder()
              .name(stream(kind))
              .description("Creek stream relating to " + stream(kind))
              .subjects(subjects)
              .storageType(StorageType.File)
              .duplicateWindow(DUPLICATE_WINDOW)
              .build());
      return;
    }
    if (!existing.getSubjects().contains(subjects)) {
      management.updateStream(StreamConfiguration.builder(existing).addSubjects(subjects).build());
    }
  }

  private String prefix(Kind kind) {
    return generation == Generation.OLD
        ? namespace + '.' + database + '.' + kind.token()
        : stream(kind);
  }
}
