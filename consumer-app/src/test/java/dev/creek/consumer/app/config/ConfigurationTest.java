package dev.creek.consumer.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions.ReplicationRole;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.app.config.Configuration.LogFormat;
import dev.creek.consumer.app.config.Configuration.LogLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConfigurationTest {
  private static final Map<String, String> SERVERS =
      Map.of("NATS_URI", "nats://127.0.0.1:4222", "DB_URI", "postgres://me@h/db");

  private final Map<Setting, String> options = new EnumMap<>(Setting.class);

  @TempDir private Path folder;

  @Test
  void needsNothingButTheServers() {
    var configuration = read(SERVERS);
    assertThat(configuration.batches()).isEqualTo(new Configuration.Batches(5000, 1 << 20));
    assertThat(configuration.linger()).isNull();
    assertThat(configuration.grouping()).isEqualTo(Grouping.TABLE);
    assertThat(configuration.broker().namespace()).isEqualTo("CREEK");
    assertThat(configuration.broker().generation()).isNull();
    assertThat(configuration.target().controlSchema()).isEqualTo("_creek_consumer");
    assertThat(configuration.target()).hasToString("me@h:5432/db");
    assertThat(configuration.logging())
        .isEqualTo(new Configuration.Logging(LogLevel.INFO, LogFormat.TEXT, 30, 10, false));
    assertThat(configuration.monitoring())
        .isEqualTo(new Configuration.Monitoring("127.0.0.1", 8080, false, true, null, null));
  }

  @Test
  void saysAllThatIsMissingAtOnce() {
    assertThat(problems(Map.of()))
        .hasSize(2)
        .anySatisfy(
            p -> assertThat(p).startsWith("--nats-uri (or NATS_URI in the environment) is missing"))
        .anySatisfy(
            p -> assertThat(p).startsWith("--db-uri (or DB_URI in the environment) is missing"));
  }

  @Test
  void canDoWithoutABrokerThatIsNotNeeded() {
    var settings = settings(Map.of("DB_URI", "postgres://me@h/db"));
    assertThat(
            Configuration.of(
                    settings, Map.of(), Configuration.Need.DATABASE, Configuration.Use.SERVICE)
                .broker())
        .isNull();
  }

  @Test
  void reportsEveryProblemWithItsNameAsItWasGiven() {
    options.put(Setting.BATCH_ROWS, "0");
    options.put(Setting.BATCH_BYTES, "1");
    options.put(Setting.LINGER, "5");
    options.put(Setting.GENERATION, "newest");
    options.put(Setting.GROUPING, "schema");
    options.put(Setting.BROKER_READER, "fast");
    options.put(Setting.NATS_NAMESPACE, "a.b");
    var environment =
        Map.of(
            "NATS_URI", "http://h",
            "DB_URI", "mysql://me:geheim@h/db",
            "LOG_LEVEL", "loud",
            "LOG_RATE", "NaN",
            "LOG_BURST", "many",
            "PROMETHEUS_PORT", "70000");
    assertThat(problems(environment))
        .containsExactlyInAnyOrder(
            "NATS_URI 'http://h': not a list of NATS servers such as nats://one:4222,nats://two:4222: the"
                + " scheme must be nats://, tls://, ws:// or wss://",
            "DB_URI '***': a database URI must begin with postgres:// or postgresql://",
            "LOG_LEVEL 'loud': none of error, warn, info, debug, trace",
            "LOG_RATE 'NaN': not a number of lines a second",
            "LOG_BURST 'many': not a whole number",
            "PROMETHEUS_PORT '70000': not between 0 and 65535",
            "--batch-rows '0': not between 1 and 1000000",
            "--batch-bytes '1': not between 1024 and 1073741824",
            "--linger '5': a time needs a unit: ms, s, m or h",
            "--generation 'newest': none of old, new, auto",
            "--grouping 'schema': none of table, database",
            "--broker-reader 'fast': none of direct, client",
            "--nats-namespace 'a.b': cannot begin the name of a stream");
  }

  @ParameterizedTest
  @CsvSource({"table,TABLE", "Database,DATABASE"})
  void takesTheGroupingOfTables(String text, Grouping grouping) {
    options.put(Setting.GROUPING, text);
    assertThat(read(SERVERS).grouping()).isEqualTo(grouping);
  }

  @ParameterizedTest
  @CsvSource({
    "panic,ERROR",
    "fatal,ERROR",
    "Error,ERROR",
    "warn,WARN",
    "warning,WARN",
    "INFO,INFO",
    "debug,DEBUG",
    "trace,TRACE"
  })
  void takesTheLogLevelsOfTheGoConsumer(String text, LogLevel level) {
    options.put(Setting.LOG_LEVEL, text);
    assertThat(read(SERVERS).logging().level()).isEqualTo(level);
  }

  @Test
  void aCommandThatEndsByItselfIsQuietUnlessTheUserWantsMore() {
    assertThat(read(SERVERS).logging().forCommand().level()).isEqualTo(LogLevel.WARN);
    options.put(Setting.LOG_LEVEL, "info");
    assertThat(read(SERVERS).logging().forCommand().level()).isEqualTo(LogLevel.INFO);
  }

  @ParameterizedTest
  @CsvSource({"0,0", "5ms,5", "2s,2000", "1m,60000", "1M,60000"})
  void readsTimes(String text, long millis) {
    options.put(Setting.LINGER, text);
    assertThat(read(SERVERS).linger()).isEqualTo(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @CsvSource({"2048,2048", "512KiB,524288", "1 MiB,1048576", "2m,2097152", "1024B,1024"})
  void readsSizes(String text, int bytes) {
    options.put(Setting.BATCH_BYTES, text);
    options.put(Setting.BATCH_ROWS, "1_000");
    assertThat(read(SERVERS).batches()).isEqualTo(new Configuration.Batches(1000, bytes));
  }

  @Test
  void readsTheGeneration() {
    options.put(Setting.GENERATION, "OLD");
    assertThat(read(SERVERS).broker().generation()).isEqualTo(Generation.OLD);
  }

  @Test
  void readsTheBrokerReader() {
    assertThat(read(SERVERS).broker().reader()).isEqualTo(BrokerOptions.Reader.DIRECT);
    options.put(Setting.BROKER_READER, "Client");
    assertThat(read(SERVERS).broker().reader()).isEqualTo(BrokerOptions.Reader.CLIENT);
  }

  @Test
  void monitoringCanBeSwitchedOffAndAWantedPortIsKnown() {
    options.put(Setting.PROMETHEUS_PORT, "off");
    assertThat(read(SERVERS).monitoring().port()).isNull();
    options.put(Setting.PROMETHEUS_PORT, "8080");
    assertThat(read(SERVERS).monitoring().wanted()).isTrue();
  }

  @Test
  void readsSecretsFromFilesWithoutTheLastLineBreak() throws IOException {
    Path file = Files.writeString(folder.resolve("password"), "geheim\r\n");
    options.put(Setting.NATS_USER, "me");
    options.put(Setting.NATS_PASSWORD_FILE, file.toString());
    assertThat(read(SERVERS).broker().toString()).contains("User[me]").doesNotContain("geheim");
  }

  @Test
  void theRolesPasswordMayComeFromAFileToo() throws IOException {
    Path file = Files.writeString(folder.resolve("password"), "geheim\n");
    options.put(Setting.DB_PASSWORD_FILE, file.toString());
    assertThat(read(SERVERS).target()).hasToString("me@h:5432/db");
    options.put(Setting.DB_PASSWORD, "geheim");
    assertThat(problems(SERVERS))
        .containsExactly("--db-password and --db-password-file exclude each other");
    options.put(Setting.DB_PASSWORD_FILE, folder.resolve("nothing").toString());
    assertThat(problems(SERVERS))
        .contains(
            "--db-password-file '" + folder.resolve("nothing") + "': not a file that can be read")
        .noneMatch(problem -> problem.contains("geheim"));
  }

  @Test
  void problemsOfTheFileAndOfItsValuesAreToldTogether() throws IOException {
    Path file =
        Files.writeString(folder.resolve("p"), "log-level = loud\nlog-levle = info\nbatch-rows=1");
    options.put(Setting.BATCH_ROWS, "x");
    var environment = new HashMap<>(SERVERS);
    environment.put(ConfigFile.VARIABLE, file.toString());
    assertThat(problems(environment))
        .containsExactlyInAnyOrder(
            file + ":1: log-level 'loud': none of error, warn, info, debug, trace",
            file + ":2: unknown key 'log-levle'; did you mean log-level?",
            "--batch-rows 'x': not a whole number");
  }

  @Test
  void aSecretIsNeverPartOfAProblem() {
    options.put(Setting.NATS_TOKEN, "geheim");
    options.put(Setting.NATS_PASSWORD, "geheim");
    options.put(Setting.NATS_CREDS, folder.toString());
    assertThat(problems(SERVERS))
        .contains(
            "only one of --nats-creds, --nats-user and --nats-token can be used to log in to the broker",
            "--nats-user and --nats-password (or --nats-password-file) are needed together",
            "--nats-creds '" + folder + "': not a file that can be read")
        .noneMatch(problem -> problem.contains("geheim"));
  }

  @Test
  void aSecretComesFromOnePlaceOnly() throws IOException {
    Path file = Files.writeString(folder.resolve("token"), "geheim");
    options.put(Setting.NATS_TOKEN_FILE, file.toString());
    options.put(Setting.NATS_TOKEN, "geheim");
    assertThat(problems(SERVERS))
        .containsExactly("--nats-token and --nats-token-file exclude each other");
  }

  @Test
  void aCertificateNeedsItsKey() throws IOException {
    Path file = Files.writeString(folder.resolve("cert.pem"), "");
    options.put(Setting.NATS_TLS_CERT, file.toString());
    assertThat(problems(SERVERS))
        .containsExactly("--nats-tls-cert and --nats-tls-key are needed together");
  }

  @Test
  void monitoringHasATokenAndACertificateWhereTheyAreGiven() throws IOException {
    Path token = Files.writeString(folder.resolve("token"), "geheim\n");
    Path pem = Files.writeString(folder.resolve("cert.pem"), "");
    options.put(Setting.HTTP_TOKEN_FILE, token.toString());
    options.put(Setting.HTTP_TLS_CERT, pem.toString());
    options.put(Setting.STATUS_PAGE, "maybe");
    assertThat(problems(SERVERS))
        .containsExactly(
            "--status-page 'maybe': neither on nor off",
            "--http-tls-cert and --http-tls-key are needed together");
    options.put(Setting.STATUS_PAGE, "off");
    options.put(Setting.HTTP_TLS_KEY, pem.toString());
    var monitoring = read(SERVERS).monitoring();
    assertThat(monitoring.page()).isFalse();
    assertThat(monitoring.token().admits("Bearer geheim")).isTrue();
    assertThat(monitoring.toString()).doesNotContain("geheim");
    assertThat(monitoring.tls()).isEqualTo(new Configuration.ServerTls(pem, pem));
  }

  @Test
  void aTokenThatNoHeaderCanHoldIsAProblem() throws IOException {
    Path token = Files.writeString(folder.resolve("token"), "two words");
    options.put(Setting.HTTP_TOKEN_FILE, token.toString());
    assertThat(problems(SERVERS)).singleElement().asString().contains("printable ASCII");
  }

  @Test
  void libpqsVariablesFillWhatTheDatabaseUriLeavesOut() {
    var environment =
        Map.of("NATS_URI", "h:4222", "DB_URI", "postgres:///db", "PGUSER", "joe", "PGHOST", "far");
    assertThat(read(environment).target()).hasToString("joe@far:5432/db");
  }

  @Test
  void thePoolerIsNamedByItsMode() {
    options.put(Setting.DB_POOLER, "Transaction");
    assertThat(read(SERVERS).target()).isNotNull();
    options.put(Setting.NOTIFIED_COMMANDS, "on");
    assertThat(problems(SERVERS)).singleElement().asString().contains("LISTEN");
    options.put(Setting.DB_POOLER, "statement");
    options.put(Setting.SOURCE_POOLER, "maybe");
    options.put(Setting.SOURCE_URI, "postgres://me@h/db");
    assertThat(problems(SERVERS))
        .containsExactlyInAnyOrder(
            "--db-pooler 'statement': not supported, because rows and position are one"
                + " transaction: must be none, session or transaction",
            "--source-pooler 'maybe': none of none, session, transaction");
  }

  @Test
  void theReplicationRoleIsOriginUnlessItIsSaid() {
    assertThat(read(SERVERS).target().replicationRole()).isEqualTo(ReplicationRole.ORIGIN);
    options.put(Setting.SESSION_REPLICATION_ROLE, "Replica");
    assertThat(read(SERVERS).target().replicationRole()).isEqualTo(ReplicationRole.REPLICA);
    options.put(Setting.SESSION_REPLICATION_ROLE, "local");
    assertThat(problems(SERVERS))
        .containsExactly("--session-replication-role 'local': neither origin nor replica");
  }

  @Test
  void severalBrokerAddressesMayDoWithoutAScheme() {
    var environment =
        Map.of("NATS_URI", "one:4222, tls://two:4222", "DB_URI", "postgres://me@h/db");
    assertThat(read(environment).broker().toString()).contains("one:4222,tls://two:4222");
  }

  private Configuration read(Map<String, String> environment) {
    return Configuration.of(
        settings(environment),
        environment,
        Configuration.Need.BROKER_AND_DATABASE,
        Configuration.Use.SERVICE);
  }

  private Settings settings(Map<String, String> environment) {
    return Settings.of(options, environment, ConfigFile.of(null, environment));
  }

  private List<String> problems(Map<String, String> environment) {
    return catchThrowableOfType(ConfigurationException.class, () -> read(environment)).problems();
  }
}
