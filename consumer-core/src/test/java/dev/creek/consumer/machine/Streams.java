package dev.creek.consumer.machine;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.Subjects;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.PurgeOptions;
import io.nats.client.api.MessageInfo;
import java.io.IOException;

/** A case's streams, as an administrator of the broker sees them. */
final class Streams {
  private static final int NOT_FOUND = 404;

  private final JetStreamManagement management;
  private final Subjects subjects;
  private final String database;
  private final Generation generation;
  private final String namespace;

  Streams(
      JetStreamManagement management, Generation generation, String namespace, String database) {
    this.management = management;
    this.subjects = new Subjects(generation, namespace);
    this.generation = generation;
    this.namespace = namespace;
    this.database = database;
  }

  private interface Question<T> {
    T ask() throws IOException, JetStreamApiException;
  }

  SourceTable table(String name) {
    int dot = name.indexOf('.');
    return new SourceTable(database, name.substring(0, dot), name.substring(dot + 1));
  }

  /** Of the newest change of a table; 0 where there is none. */
  long lastSequence(String table) {
    MessageInfo last = ask(() -> management.getLastMessage(wal(), subject(table)));
    return last == null ? 0 : last.getSeq();
  }

  void purge(String table) {
    ask(() -> management.purgeStream(wal(), PurgeOptions.subject(subject(table))));
  }

  /** The newest one of a table. */
  void deleteLast(String table) {
    long last = lastSequence(table);
    if (last > 0) {
      ask(() -> management.deleteMessage(wal(), last, false));
    }
  }

  /** All streams of the case. */
  void remove() {
    for (String kind : new String[] {"wal", "snap", "schema"}) {
      String name = namespace + "_" + kind + (generation == Generation.OLD ? "" : "_" + database);
      ask(() -> management.deleteStream(name));
    }
  }

  private String wal() {
    return subjects.walStream(database);
  }

  private String subject(String table) {
    return subjects.walSubject(table(table));
  }

  /** Null where there is no such thing. */
  private static <T> @org.jspecify.annotations.Nullable T ask(Question<T> question) {
    try {
      return question.ask();
    } catch (JetStreamApiException e) {
      if (e.getErrorCode() == NOT_FOUND) {
        return null;
      }
      throw new IllegalStateException(e.getMessage(), e);
    } catch (IOException e) {
      throw new IllegalStateException("no answer from nats-server: " + e.getMessage(), e);
    }
  }
}
