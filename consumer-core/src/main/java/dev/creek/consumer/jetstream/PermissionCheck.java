package dev.creek.consumer.jetstream;

import dev.creek.consumer.control.Finding;
import dev.creek.consumer.stream.LogException;
import dev.creek.consumer.wire.SourceTable;
import dev.creek.consumer.wire.Subjects;
import io.nats.client.NUID;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Tries everything that reading tables of a source database and asking its producer needs a
 * permission for. Nothing is created, and nothing reaches the producer: JetStream is asked what it
 * can only refuse, and what would be the producer's is addressed so that the server drops it.
 */
final class PermissionCheck {
  /** Each is one question: all of a few tables at once, so that a distant broker takes no time. */
  private static final int QUESTIONS = 16;

  private static final String FOLLOWING = "changes cannot be read";
  private static final String SCHEMAS = "schemas cannot be looked up";
  private static final String SNAPSHOTS = "snapshots cannot be read";

  private final JetStreamApi api;
  private final String madeUp = "creek_" + NUID.nextGlobal();

  PermissionCheck(JetStreamApi api) {
    this.api = api;
  }

  /**
   * What is refused, each permission once, or that nothing is.
   *
   * @param tables of the database
   */
  Flux<Finding> findings(String database, Subjects names, List<SourceTable> tables) {
    String about = "database " + database;
    return Flux.concat(
            ofAll(names, database), Flux.fromIterable(tables).concatMap(t -> of(names, t)))
        .flatMapSequential(Need::refused, QUESTIONS, 1)
        .distinct(Refused::denied)
        .map(
            refused ->
                Finding.problem(
                    about,
                    "NATS refuses: %s; without it %s"
                        .formatted(refused.denied().getMessage(), refused.without()),
                    refused.denied().hint()))
        .switchIfEmpty(
            Mono.just(
                Finding.ok(about, "NATS lets this user read its streams and ask its producer")));
  }

  /** A permission that is needed. */
  private interface Need {
    /** Empty where it is there. */
    Mono<Refused> refused();
  }

  /** A permission that is not there. */
  private record Refused(LogException.Denied denied, String without) {}

  private Flux<Need> ofAll(Subjects names, String database) {
    return Flux.concat(
        ofStream(names.walStream(database), FOLLOWING),
        ofStream(names.schemaStream(database), SCHEMAS),
        ofStream(names.snapshotStream(database), SNAPSHOTS),
        Flux.just(
            publishing(names.schemaRequest(database), "the producer cannot be asked for a schema"),
            publishing(
                names.snapshotRequest(database), "the producer cannot be asked for a snapshot")));
  }

  private Flux<Need> ofStream(String stream, String without) {
    String consumer = stream + "." + madeUp;
    return Flux.just(
        asking("STREAM.INFO." + stream, without),
        asking("STREAM.MSG.GET." + stream, without),
        asking("CONSUMER.INFO." + consumer, "the position of a table without changes stays behind"),
        asking("CONSUMER.MSG.NEXT." + consumer, without),
        asking("CONSUMER.DELETE." + consumer, "the broker keeps readers for minutes that ended"));
  }

  /** None of a table whose name cannot travel: that is said where the table is looked at. */
  private Flux<Need> of(Subjects names, SourceTable table) {
    String database = table.database();
    return Flux.defer(
            () ->
                Flux.just(
                    reading(names.walStream(database), names.walSubject(table), FOLLOWING),
                    reading(names.schemaStream(database), names.schemaSubject(table), SCHEMAS),
                    reading(
                        names.snapshotStream(database),
                        names.snapshotSubjects(table).replace("*", madeUp),
                        SNAPSHOTS)))
        .onErrorComplete(IllegalArgumentException.class);
  }

  private Need reading(String stream, String subject, String without) {
    return asking("CONSUMER.CREATE." + stream + "." + madeUp + "." + subject, without);
  }

  private Need asking(String request, String without) {
    return () -> api.refusedAsking(request).map(denied -> new Refused(denied, without));
  }

  private Need publishing(String subject, String without) {
    return () -> api.refusedPublishing(subject).map(denial -> new Refused(denial.error(), without));
  }
}
