package dev.creek.consumer.app.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.creek.consumer.api.MetricsRecorder.Backlog.Certainty;
import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.app.config.BearerToken;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/**
 * The page as a person sees it, in a headless Chromium; skipped where none is installed. Pictures
 * go to {@code target/screenshots}.
 */
final class StatusPageIT {
  private static final Path PICTURES = Path.of("target", "screenshots");

  private static Browser browser;

  @BeforeAll
  static void startBrowser() throws Exception {
    assumeTrue(
        Browser.installed().isPresent(),
        "no Chromium on PATH (apt-get install chromium), nor in CREEK_TEST_CHROMIUM");
    browser = Browser.start();
  }

  @AfterAll
  static void stopBrowser() {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void forget() {
    browser.complaints.clear();
    browser.requests.clear();
    browser.looksLike(1280, 1000, false);
  }

  @AfterEach
  void leave() {
    browser.open("about:blank");
  }

  @Test
  void saysAtAGlanceThatAllIsWell() throws Exception {
    try (var server = RunningServer.open()) {
      Shop.fill(server);
      open(server);
      await().until(() -> headline().equals("All 12 tables are up to date"));
      assertThat(browser.text("#broker")).contains("connected");
      assertThat(browser.text("#database")).contains("3 of 8 connections");
      assertThat(browser.count("#body tr")).isEqualTo(13);
      assertThat(browser.evaluate("document.getElementById('trouble').hidden").asBoolean())
          .isTrue();
      browser.screenshot(PICTURES.resolve("well.png"));
      assertClean(server);
    }
  }

  @Test
  void showsWhatIsStuckWhyAndWhatToDoAndSaysSoLive() throws Exception {
    try (var server = RunningServer.open()) {
      Shop.fill(server);
      open(server);
      await().until(() -> headline().startsWith("All 12"));
      Shop.break_(server);
      await().until(() -> headline().equals("2 tables of 12 need attention"));
      await().until(() -> browser.text("#cards").contains("lock timeout"));
      assertThat(browser.text("#cards"))
          .contains("copy.customers", "column \"loyalty_tier\" is missing")
          .contains("What to do", "ALTER TABLE \"copy\".\"customers\" ADD COLUMN")
          .contains("copy.payments", "no longer holds sequences");
      assertThat(browser.text("#body tr:first-child")).contains("Failed", "copy.customers");
      assertThat(title()).startsWith("(2) ");
      await().until(() -> browser.text("#lag").equals("17 min"));
      await().until(() -> browser.text("#snaps").contains("left"));
      assertThat(browser.text("#snaps")).contains("copy.events", "of 3,000,000 rows");
      assertThat(browser.text("#commands"))
          .contains("no schema of shop.public.missing has been published");
      assertThat(browser.text("#instances")).contains("consumer-b").contains("(this one)");
      browser.looksLike(1280, 1480, false);
      browser.screenshot(PICTURES.resolve("trouble.png"));
      browser.looksLike(1280, 1480, true);
      browser.screenshot(PICTURES.resolve("trouble-dark.png"));
      Told.state(server.meters, "copy.customers", "streaming", null, null);
      Told.state(server.meters, "copy.payments", "streaming", null, null);
      await().until(() -> !headline().contains("attention"));
      assertClean(server);
    }
  }

  @Test
  void showsAtOnceWhichTablesMayMissRowsWhyAndWhatHealsIt() throws Exception {
    try (var server = RunningServer.open()) {
      Shop.fill(server);
      Shop.doubt(server);
      open(server);
      await().until(() -> headline().equals("1 table of 12 may differ from its source"));
      assertThat(browser.text("#trouble-title")).isEqualTo("Needs attention");
      assertThat(browser.text("#cards"))
          .contains("Incomplete", "copy.customers", "others have emptied the table")
          .contains("What to do", "creek-consumer resync");
      assertThat(browser.text("#body tr:first-child"))
          .contains("Streaming", "Incomplete", "copy.customers");
      assertThat(browser.text("#chips")).contains("Incomplete 1");
      browser.looksLike(1280, 1480, false);
      browser.screenshot(PICTURES.resolve("incomplete.png"));
      server.service.tables = List.of();
      await().until(() -> headline().equals("All 11 tables are up to date"));
      assertClean(server);
    }
  }

  @Test
  void fitsAPhone() throws Exception {
    try (var server = RunningServer.open()) {
      Shop.fill(server);
      Shop.break_(server);
      browser.looksLike(360, 1600, false);
      open(server);
      await().until(() -> headline().contains("attention"));
      assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt())
          .as("nothing hangs over the edge")
          .isLessThanOrEqualTo(360);
      browser.screenshot(PICTURES.resolve("phone.png"));
      assertClean(server);
    }
  }

  @Test
  void staysCalmWithFiveHundredTables() throws Exception {
    try (var server = RunningServer.open()) {
      for (int i = 0; i < 500; i++) {
        String name = "t%03d".formatted(i);
        server.streams("shop.public." + name, "copy." + name);
      }
      open(server);
      await().until(() -> browser.count("#body tr") == 500);
      browser.evaluate("document.querySelectorAll('#body tr').forEach(row => (row.kept = true))");
      Told.state(server.meters, "copy.t321", "failed", "no column", "add it");
      await().until(() -> browser.text("#body tr:first-child").contains("copy.t321"));
      assertThat(
              browser
                  .evaluate("[...document.querySelectorAll('#body tr')].filter(r => r.kept).length")
                  .asInt())
          .as("rows are moved, not made anew")
          .isEqualTo(500);
      browser.type("/");
      browser.type("t32");
      await().until(() -> browser.count("#body tr") == 10);
      assertThat(browser.text("#tables-count")).isEqualTo("10 of 500");
      browser.screenshot(PICTURES.resolve("filtered.png"));
      assertClean(server);
    }
  }

  @Test
  void saysOfWhatNobodyKnowsThatItIsNotKnown() throws Exception {
    try (var server = RunningServer.open()) {
      Shop.fill(server);
      Duration outage = Duration.ofSeconds(40);
      server
          .meters
          .tables()
          .forEach(
              t -> {
                Told.line(
                    server.meters,
                    t.source(),
                    t.target(),
                    FakeService.backlog(outage, Certainty.BOUND, 0, Certainty.UNKNOWN));
                Told.state(server.meters, t.target(), "waiting", "broker: away", null);
              });
      server.service.lags = Map.of();
      server.service.reached = new Reachability("not connected to NATS", null);
      open(server);
      await().until(() -> headline().equals("NATS cannot be reached"));
      assertThat(browser.text("#lag")).isEqualTo("unknown");
      assertThat(browser.text("#pending")).isEqualTo("unknown");
      assertThat(browser.text("#pending-sub")).isEqualTo("of 12 tables it is not known");
      assertThat(browser.text("#body tr:first-child")).contains("up to 40 s", "unknown");
      assertThat(browser.text("#main")).doesNotContain("all is applied", "nothing is pending");
      browser.screenshot(PICTURES.resolve("unknown.png"));
      assertClean(server);
    }
  }

  @Test
  void theFurthestBehindMayBeATableOfAnotherInstance() throws Exception {
    try (var server = RunningServer.open()) {
      Shop.fill(server);
      server.service.lags = Map.of("copy.audit_log", Duration.ofMinutes(11));
      open(server);
      await().until(() -> browser.text("#lag").equals("11 min"));
      assertThat(browser.text("#lag-sub")).isEqualTo("copy.audit_log");
      assertThat(browser.text("#pending")).isEqualTo("unknown");
      assertThat(browser.text("#pending-sub")).isEqualTo("of 1 table it is not known");
      assertThat(headline()).isEqualTo("1 table of 12 is behind");
      assertClean(server);
    }
  }

  @Test
  void paintsBeforeTheServersHaveAnswered() throws Exception {
    try (var server = RunningServer.open()) {
      Shop.fill(server);
      server.service.databaseTakes = Mono.never();
      open(server);
      await().until(() -> browser.count("#body tr") == 11);
      assertThat(headline()).isIn("Asking the servers", "The target database takes its time");
      assertThat(browser.text("#no-commands")).startsWith("Not known");
      assertThat(browser.text("#no-instances")).startsWith("Not known");
      browser.screenshot(PICTURES.resolve("first.png"));
      assertClean(server);
    }
  }

  @Test
  void hasWordsBeforeTheServiceHasSaidAnything() throws Exception {
    try (var server = RunningServer.open()) {
      String page = server.get("/").body();
      assertThat(page)
          .contains("<main id=\"main\">", "Asking the service", "not known yet")
          .doesNotContain("<main id=\"main\" hidden>");
    }
  }

  @Test
  void comesBackWithTheServiceAndShowsWhatIsThereThen() throws Exception {
    int port = RunningServer.freePort();
    try (var server = RunningServer.at(port)) {
      server.streams("shop.public.old", "copy.old");
      open(server);
      await().until(() -> browser.text("#body").contains("copy.old"));
    }
    await().until(() -> browser.text("#lost").contains("does not answer"));
    paint();
    assertThat(title()).startsWith("No answer");
    assertThat(browser.text("#live")).isEqualTo("Reconnecting");
    browser.screenshot(PICTURES.resolve("lost.png"));
    try (var server = RunningServer.at(port)) {
      server.streams("shop.public.new", "copy.new");
      await().until(() -> browser.text("#body").contains("copy.new"));
      assertThat(browser.text("#body")).doesNotContain("copy.old");
      assertThat(browser.text("#live")).isEqualTo("Live");
      assertThat(browser.evaluate("document.getElementById('lost').hidden").asBoolean()).isTrue();
      await().until(() -> title().startsWith("The table is up to date"));
    }
  }

  @Test
  void oneOutageIsOneCard() throws Exception {
    try (var server = RunningServer.open()) {
      Shop.fill(server);
      server.service.reached = new Reachability("not connected to NATS", null);
      server
          .meters
          .tables()
          .forEach(t -> Told.state(server.meters, t.target(), "waiting", "broker: away", null));
      open(server);
      await().until(() -> headline().equals("NATS cannot be reached"));
      assertThat(browser.count(".card")).isEqualTo(1);
      assertThat(browser.text(".card")).contains("and 8 more", "broker: away");
      browser.screenshot(PICTURES.resolve("outage.png"));
    }
  }

  @Test
  void namesAreTextWhateverTheyHold() throws Exception {
    try (var server = RunningServer.open()) {
      String name = "copy.\"<img src=http://elsewhere.example/ onerror=alert(1)>\"";
      server.streams("s.a.\"<script>alert(1)</script>\"", name);
      Told.state(server.meters, name, "failed", "<b>bold</b>", "</dd><script>x</script>");
      open(server);
      await().until(() -> browser.text("#cards").contains("<b>bold</b>"));
      assertThat(browser.text("#body")).contains(name);
      assertThat(browser.count("#main img")).isZero();
      assertClean(server);
    }
  }

  @Test
  void anEmptyServiceSaysHowToBegin() throws Exception {
    try (var server = RunningServer.open()) {
      open(server);
      await().until(() -> headline().equals("No tables are subscribed"));
      assertThat(browser.text("#no-tables")).contains("creek-consumer add-tables");
      browser.screenshot(PICTURES.resolve("empty.png"));
      assertClean(server);
    }
  }

  @Test
  void asksForTheTokenWhereThereIsOne() throws Exception {
    try (var server = RunningServer.with(true, new BearerToken("s3cret"))) {
      server.streams("s.a.b", "copy.locked");
      open(server);
      await().until(() -> browser.text("body").contains("This page is locked"));
      assertThat(title()).startsWith("Locked");
      browser.type("wrong\r");
      await().until(() -> browser.text("#wrong-token").equals("That is not the token."));
      browser.screenshot(PICTURES.resolve("locked.png"));
      browser.type("s3cret\r");
      await().until(() -> browser.text("#body").contains("copy.locked"));
    }
  }

  private static void open(RunningServer server) {
    browser.open(server.address());
  }

  private static String headline() {
    return browser.text("#headline");
  }

  private static String title() {
    return browser.evaluate("document.title").asText();
  }

  /** As the page does by itself every second, with what it knows, and waits until it is done. */
  private static void paint() {
    browser.evaluate("paint(); new Promise(done => requestAnimationFrame(() => done(true)))");
  }

  private static void assertClean(RunningServer server) {
    assertThat(browser.complaints).isEmpty();
    assertThat(browser.requests)
        .allMatch(uri -> uri.startsWith(server.address()) || uri.startsWith("data:"));
  }

  /** The page is loading at first. */
  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(30)).ignoreExceptions();
  }

  /** What an operator might see. */
  private static final class Shop {
    private static final List<String> TABLES =
        List.of(
            "addresses",
            "customers",
            "events",
            "invoices",
            "order_lines",
            "orders",
            "payments",
            "prices",
            "products",
            "shipments",
            "stock");

    static void fill(RunningServer server) {
      Instant now = Instant.now();
      TABLES.forEach(name -> server.streams("shop.public." + name, "copy." + name));
      server.service.tables =
          List.of(
              seen("copy.customers", true, "streaming"),
              seen("copy.payments", true, "streaming"),
              seen("copy.audit_log", true, "streaming"),
              seen("copy.legacy", false, "inactive"));
      server.service.instances =
          List.of(
              new InstanceView(
                  "a",
                  "consumer-a (1)",
                  "1.2.3",
                  null,
                  true,
                  true,
                  now.minusSeconds(90_000),
                  TABLES.stream().map(name -> "copy." + name).collect(Collectors.toSet())),
              new InstanceView(
                  "b",
                  "consumer-b (1)",
                  "1.2.3",
                  "http://b.example/",
                  false,
                  true,
                  now.minusSeconds(900),
                  Set.of("copy.audit_log")));
      server.service.lags = Map.of("copy.audit_log", Duration.ZERO);
      server.service.commands =
          List.of(
              command(
                  now, 42, "snapshot shop.public.events:copy.events clean", "pending", "running"),
              command(now, 41, "add_table shop.public.events:copy.events", "ok", "ok"),
              command(
                  now,
                  40,
                  "create_schema shop.public.missing:copy.missing",
                  "failed",
                  "no schema of shop.public.missing has been published"));
      // One more than are kept: the first has no beginning.
      for (int step = 0; step <= Rates.POINTS; step++) {
        for (int i = 0; i < TABLES.size(); i++) {
          long changes = Math.round((2 + Math.sin(step / 7.0 + i)) * 200 * (1 + i % 4));
          String name = TABLES.get(i);
          Told.applied(server.meters, "shop.public." + name, "copy." + name, changes, 2, 1, 0, now);
        }
        long ago = Rates.STEP.multipliedBy(Rates.POINTS - step).toNanos();
        server.meters.sample(System.nanoTime() - ago);
      }
    }

    static void doubt(RunningServer server) {
      var doubt =
          new IncompletenessView(
              List.of("recreated", "column"),
              List.of(
                  "others have emptied the table",
                  "column \"note\" came to rows that were there: whether the source has other values in them than NULL, or the default here, is not known"),
              Instant.now().minusSeconds(4000),
              "creek-consumer verify 'shop.public.customers:copy.customers' --source-uri ... tells whether rows differ, and with --repair mends them; creek-consumer resync 'shop.public.customers:copy.customers' replaces all rows");
      server.service.tables =
          List.of(
              new SubscriptionView(
                  "shop.public.customers",
                  "copy.customers",
                  true,
                  "streaming",
                  null,
                  null,
                  Instant.now(),
                  5000,
                  118_222,
                  "2/8000A0",
                  doubt),
              seen("copy.audit_log", true, "streaming"));
    }

    static void break_(RunningServer server) {
      behind(server, "customers", 734, 1836);
      behind(server, "payments", 1034, 1839);
      Told.state(
          server.meters,
          "copy.customers",
          "failed",
          "\"copy\".\"customers\" does not fit the source: column \"loyalty_tier\" is missing",
          "ALTER TABLE \"copy\".\"customers\" ADD COLUMN \"loyalty_tier\" text;");
      Told.state(
          server.meters,
          "copy.payments",
          "gap",
          "stream CREEK_wal_shop no longer holds sequences 118223 to 120931, which were not read yet",
          "creek-consumer resync 'shop.public.payments:copy.payments' replaces all rows: changes are missing that the broker no longer has");
      Told.state(
          server.meters,
          "copy.stock",
          "waiting",
          "target database: copy.stock: canceling statement due to lock timeout (SQLSTATE 55P03)",
          null);
      Told.state(server.meters, "copy.events", "snapshotting", null, null);
      Told.snapshot(
          server.meters,
          "shop.public.events",
          "copy.events",
          "clean",
          "loading",
          48_325,
          3_000_000);
    }

    private static void behind(RunningServer server, String name, int seconds, int pending) {
      Told.line(
          server.meters,
          "shop.public." + name,
          "copy." + name,
          FakeService.backlog(Duration.ofSeconds(seconds), pending));
    }

    private static SubscriptionView seen(String target, boolean active, String state) {
      String source = "shop.public." + target.substring("copy.".length());
      return new SubscriptionView(
          source, target, active, state, null, null, Instant.now(), 5000, 118_222, "2/8000A0");
    }

    private static CommandView command(
        Instant now, int id, String command, String outcome, String status) {
      Instant at = now.minusSeconds(31 + (42 - id) * 400L);
      Instant end = outcome.equals("pending") ? null : at.plusSeconds(1);
      return new CommandView(id, at, "ann", command, outcome, status, null, at, end);
    }
  }
}
