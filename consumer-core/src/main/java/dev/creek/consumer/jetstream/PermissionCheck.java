package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Finding.Level;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.Subjects;
import io.nats.client.NUID;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Tries everything that needs a permission for reading tables of a source database and for requests
 * to its producer. It creates nothing, and nothing reaches the producer: JetStream gets requests
 * that it can only refuse, and requests for the producer are addressed so that the server drops
 * them.
 *
 * <p>A permission without which tables cannot be followed is a problem. One that only snapshots
 * need, or that can be done without, is a warning: a user who may only follow tables is a normal
 * case.
 */
final class PermissionCheck {
  /**
   * Each is one request. The requests for a few tables run at once, so that a distant broker takes
   * little time.
   */
  private static final int QUESTIONS = 16;

  private static final String FOLLOWING = "changes cannot be read";
  private static final String SCHEMAS = "schemas cannot be looked up";
  private static final String SNAPSHOTS =
      "snapshots cannot be read: snapshot, resync and verify are refused";

  private final Requests requests;
  private final String madeUp = "creek_" + NUID.nextGlobal();

  PermissionCheck(Requests requests) {
    this.requests = requests;
  }

  /**
   * The refused permissions, each once, or a finding that nothing is refused.
   *
   * @param tables of the database
   */
  Flux<Finding> findings(String database, Subjects names, List<SourceTable> tables) {
    String about = about(database);
    return refused(
            about,
            Flux.concat(
                ofAll(names, database), Flux.fromIterable(tables).concatMap(t -> of(names, t))))
        .switchIfEmpty(
            Mono.just(
                Finding.ok(about, "NATS lets this user read its streams and ask its producer")));
  }

  /** The permission that groups of the database's tables need as well, if it is refused. */
  Flux<Finding> ofGroups(String database, Subjects names, boolean named) {
    return refused(
        about(database),
        Flux.just(
            asking(
                "CONSUMER.CREATE." + consumerOf(names.walStream(database)),
                named ? Level.PROBLEM : Level.WARNING,
                named
                    ? "tables cannot be read as a group: those in a named group wait"
                    : "tables cannot be read as a group: each is applied alone")));
  }

  private static String about(String database) {
    return "database " + database;
  }

  private static Flux<Finding> refused(String about, Flux<Need> needs) {
    return needs
        .flatMapSequential(Need::refused, QUESTIONS, 1)
        .distinct(refused -> refused.denied().getMessage())
        .map(
            refused ->
                new Finding(
                    refused.level(),
                    about,
                    "NATS refuses: %s; without it %s"
                        .formatted(refused.denied().getMessage(), refused.without()),
                    refused.denied().hint()));
  }

  /** A permission that is needed. */
  private interface Need {
    /** Empty if it is granted. */
    Mono<Refused> refused();
  }

  /** A permission that is missing. */
  private record Refused(BrokerException.Denied denied, Level level, String without) {}

  private Flux<Need> ofAll(Subjects names, String database) {
    return Flux.concat(
        ofStream(names.walStream(database), Level.PROBLEM, FOLLOWING),
        ofStream(names.schemaStream(database), Level.PROBLEM, SCHEMAS),
        ofStream(names.snapshotStream(database), Level.WARNING, SNAPSHOTS),
        Flux.just(
            publishing(
                names.schemaRequest(database),
                "the producer cannot be asked for a schema that its stream does not hold"),
            publishing(
                names.snapshotRequest(database),
                "the producer cannot be asked for a snapshot: snapshot, resync and verify are refused")));
  }

  private String consumerOf(String stream) {
    return stream + "." + madeUp;
  }

  private Flux<Need> ofStream(String stream, Level level, String without) {
    String consumer = consumerOf(stream);
    return Flux.just(
        asking("STREAM.INFO." + stream, level, without),
        asking("STREAM.MSG.GET." + stream, level, without),
        asking("CONSUMER.MSG.NEXT." + consumer, level, without),
        asking(
            "CONSUMER.DELETE." + consumer,
            Level.WARNING,
            "the broker keeps ended readers for minutes"));
  }

  /**
   * None for a table whose name cannot be part of a subject: the check of the table reports that.
   */
  private Flux<Need> of(Subjects names, SourceTable table) {
    String database = table.database();
    return Flux.defer(
            () ->
                Flux.just(
                    reading(
                        names.walStream(database),
                        names.walSubject(table),
                        Level.PROBLEM,
                        FOLLOWING),
                    reading(
                        names.schemaStream(database),
                        names.schemaSubject(table),
                        Level.PROBLEM,
                        SCHEMAS),
                    reading(
                        names.snapshotStream(database),
                        names.snapshotSubjects(table).replace("*", madeUp),
                        Level.WARNING,
                        SNAPSHOTS)))
        .onErrorComplete(IllegalArgumentException.class);
  }

  private Need reading(String stream, String subject, Level level, String without) {
    return asking("CONSUMER.CREATE." + consumerOf(stream) + "." + subject, level, without);
  }

  private Need asking(String request, Level level, String without) {
    return () -> requests.refusedAsking(request).map(denied -> new Refused(denied, level, without));
  }

  private Need publishing(String subject, String without) {
    return () ->
        requests
            .refusedPublishing(subject)
            .map(denial -> new Refused(denial.error(), Level.WARNING, without));
  }
}
