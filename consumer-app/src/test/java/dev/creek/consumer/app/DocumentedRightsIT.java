package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.NatsServer;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The rights that the handbook gives at both servers are enough for what it gives them for; and
 * whatever the broker refuses is named, with the permission to grant.
 */
final class DocumentedRightsIT extends WithNatsRights {
  private static final Pattern HINT =
      Pattern.compile("allow the NATS user to (publish|subscribe) to \"([^\"]+)\"");

  @ParameterizedTest
  @EnumSource(Generation.class)
  void theRightsThatTheHandbookGivesAreEnoughForAllThatItGivesThemFor(Generation generation)
      throws Exception {
    begin(generation);
    allow(generation);
    enforce();
    succeed("add-tables", mapping("orders"));
    serve();
    awaitFollowed("orders");
    succeed("snapshot", "--mode", "upsert", mapping("orders"));
    succeed("snapshot", "--mode", "clean", mapping("orders"));
    target.execute(grants("grant create on "));
    succeed("create-schemas", mapping("items"));
    succeed("resync", mapping("items"));
    awaitFollowed("items");
    succeed("verify", mapping("items"));
    stop();

    succeed("snapshot", "--mode", "clean", mapping("items"));
    succeed("create-schemas", mapping("items"));
    assertThat(nats.logTail()).doesNotContain("Violation");
    succeed("list-snapshots", source.name() + ".public.items");
    succeed("check");
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void thePartForFollowingIsEnoughForThatAndSnapshotsAreRefusedAtOnce(Generation generation)
      throws Exception {
    begin(generation);
    allow(generation, "which generation", "follow");
    enforce();
    target.execute(grants("grant create on "));
    succeed("create-schemas", mapping("items"));
    succeed("add-tables", mapping("orders"), mapping("items"));
    LocalRun check = run("check", mapping("orders"));
    assertThat(check.code()).describedAs(check.said()).isZero();
    assertThat(HINT.matcher(check.out()).results())
        .as("what snapshots need is a warning")
        .hasSize(publishedForSnapshots(generation));
    assertRefused(request, run("snapshot", "--mode", "clean", mapping("orders")));
    serve();
    awaitFollowed("orders");
    awaitFollowed("items");
    awaitServing();
    assertRefused(request, run("snapshot", "--mode", "clean", mapping("orders")));
    assertRefused(request, run("resync", mapping("orders")));
    awaitFollowed("orders");
  }

  @ParameterizedTest
  @CsvSource({
    "NEW,$JS.API.CONSUMER.CREATE.CREEK_snap_%1$s.>,$JS.API.CONSUMER.CREATE.CREEK_snap_%1$s.*.CREEK_snap_%1$s.public.orders.",
    "NEW,$JS.API.CONSUMER.MSG.NEXT.CREEK_snap_%1$s.*,$JS.API.CONSUMER.MSG.NEXT.CREEK_snap_%1$s.*",
    "OLD,$JS.API.STREAM.INFO.CREEK_snap,$JS.API.STREAM.INFO.CREEK_snap"
  })
  void aSnapshotThatMayNotBeReadFailsWithThatInsteadOfBeingWaitedFor(
      Generation generation, String missing, String named) throws Exception {
    begin(generation);
    allow(generation);
    assertThat(publish.remove(missing.formatted(source.name()))).isTrue();
    enforce();
    LocalRun refused = run("snapshot", "--mode", "clean", mapping("orders"));
    assertThat(refused.code()).isOne();
    assertThat(refused.err())
        .contains("Permissions Violation for Publish to \"" + named.formatted(source.name()))
        .contains("allow the NATS user to publish to \"" + named.formatted(source.name()));
  }

  @ParameterizedTest
  @CsvSource({"NEW,", "OLD,$JS.API.CONSUMER.CREATE.CREEK_wal.*"})
  void groupsNeedOneMoreOfTheOldGenerationAndTablesAreAppliedOneByOneWithoutIt(
      Generation generation, @Nullable String more) throws Exception {
    begin(generation);
    allow(generation);
    enforce();
    environment.put("GROUPING", "database");
    target.execute(grants("grant create on "));
    succeed("create-schemas", mapping("items"));
    LocalRun check = run("check", mapping("orders"));
    assertThat(check.code()).describedAs(check.said()).isZero();
    if (more != null) {
      assertThat(check.out())
          .contains("allow the NATS user to publish to \"" + more + "\"")
          .contains("tables cannot be read as a group: each is applied alone");
      succeed("add-tables", mapping("items"));
      serve();
      awaitFollowed("items");
      await()
          .atMost(PATIENCE)
          .until(
              () -> target.value("select member from _creek_consumer.subscriptions"), "f"::equals);
      stop();

      succeed("set-group", "together", "public.items");
      check = run("check", mapping("items"));
      assertThat(check.code()).describedAs(check.said()).isOne();
      assertThat(check.out()).contains("those in a named group wait");
      publish.add(more);
      enforce();
      check = run("check", mapping("items"));
      assertThat(check.code()).describedAs(check.said()).isZero();
    }
    assertThat(check.out()).doesNotContain("cannot be read as a group");
    succeed("add-tables", mapping("orders"));
    serve();
    awaitFollowed("orders");
  }

  private int publishedForSnapshots(Generation generation) {
    Set<String> before = Set.copyOf(publish);
    allow(generation, "snapshots");
    int more = publish.size() - before.size();
    publish.retainAll(before);
    return more;
  }

  /** The account's other users hear their answers elsewhere, and this one may not listen there. */
  @ParameterizedTest
  @CsvSource({"NEW,oldest", "OLD,newest"})
  void anInboxOfItsOwnIsEnoughToHearAllAnswers(Generation generation, String server)
      throws Exception {
    begin(generation, server(server));
    allow(generation);
    subscribe.clear();
    subscribe.add("_INBOX_creek.>");
    enforce();
    LocalRun deaf = run("check", mapping("orders"));
    assertThat(deaf.code()).isOne();
    assertThat(deaf.out()).contains("allow the NATS user to subscribe to \"_INBOX.>\"");

    environment.put("NATS_INBOX_PREFIX", "_INBOX_creek");
    target.execute(grants("grant create on "));
    succeed("check", mapping("orders"));
    succeed("create-schemas", mapping("items"));
    succeed("add-tables", mapping("orders"));
    serve();
    awaitFollowed("orders");
    succeed("snapshot", "--mode", "upsert", mapping("orders"));
    succeed("snapshot", "--mode", "clean", mapping("orders"));
    succeed("resync", mapping("items"));
    awaitFollowed("items");
    succeed("verify", mapping("items"));
    succeed("status");
    succeed("list-tables");
    nats.restart();
    awaitFollowed("orders");
    stop();

    succeed("snapshot", "--mode", "clean", mapping("items"));
    LocalRun snapshots = run("list-snapshots", source.name() + ".public.items");
    assertThat(snapshots.code()).describedAs(snapshots.said()).isZero();
    Matcher subject = Pattern.compile("CREEK\\S*\\.public\\.items\\.\\S+").matcher(snapshots.out());
    assertThat(subject.find()).describedAs(snapshots.said()).isTrue();
    succeed("apply-snapshot", "--mode", "clean", "--name", subject.group(), mapping("items"));
    succeed("remove-tables", "public.items");
    environment.remove("NATS_INBOX_PREFIX");
    subscribe.clear();
    subscribe.add("_INBOX_other.>");
    enforce();
    environment.put("NATS_INBOX_PREFIX", "_INBOX_creek");
    assertThat(run("check", mapping("orders")).out())
        .contains("allow the NATS user to subscribe to \"_INBOX_creek.>\"");
  }

  private static NatsServer.Builder server(String age) {
    if (age.equals("newest")) {
      return NatsServer.builder();
    }
    Optional<String> missing = NatsServer.oldestMissing();
    assumeTrue(missing.isEmpty(), missing.orElse(""));
    return NatsServer.builder().oldest();
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void checkNamesWhatIsMissingUntilNothingIs(Generation generation) throws Exception {
    begin(generation);
    enforce();
    LocalRun check = run("check", mapping("orders"));
    assertThat(check.code()).describedAs(check.said()).isOne();
    while (granted(check)) {
      enforce();
      check = run("check", mapping("orders"));
    }
    assertThat(check.code()).describedAs(check.said()).isZero();
    assertThat(check.out()).contains("NATS lets this user read its streams and ask its producer");
    // Nobody was asked for anything.
    assertThat(run("list-snapshots", source.name() + ".public.orders").out())
        .doesNotContain("CREEK");
    succeed("add-tables", mapping("orders"));
    serve();
    awaitFollowed("orders");
    succeed("resync", mapping("orders"));
    awaitFollowed("orders");
  }

  /** Grants what the findings name; whether there was anything to grant. */
  private boolean granted(LocalRun check) {
    boolean more = false;
    Matcher hint = HINT.matcher(check.out());
    while (hint.find()) {
      more |= (hint.group(1).equals("publish") ? publish : subscribe).add(hint.group(2));
    }
    return more;
  }
}
