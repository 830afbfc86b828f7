package dev.creek.consumer.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.creek.consumer.api.DatabaseAddress.Host;
import dev.creek.consumer.api.DatabaseAddress.Secret;
import dev.creek.consumer.api.DatabaseAddress.SslMode;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DatabaseOptionsTest {

  private static DatabaseAddress address(String uri) {
    return DatabaseOptions.of(uri).address();
  }

  @Test
  void readsEveryPartOfAUri() {
    var address =
        address("postgresql://jane:s%40cr%2Ft@db.example:6543/my%20shop?application_name=a+b");
    assertThat(address.user()).isEqualTo("jane");
    assertThat(address.password()).isEqualTo(new Secret("s@cr/t"));
    assertThat(address.hosts()).containsExactly(new Host("db.example", 6543));
    assertThat(address.database()).isEqualTo("my shop");
    assertThat(address.applicationName()).isEqualTo("a+b");
  }

  @Test
  void fillsInLibpqsDefaults() {
    var address = address("postgres://jane@");
    assertThat(address.hosts()).containsExactly(new Host("localhost", 5432));
    assertThat(address.database()).isEqualTo("jane");
    assertThat(address.password()).isNull();
    assertThat(address.tls().mode()).isEqualTo(SslMode.PREFER);
    assertThat(address.connectTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(address.writableOnly()).isFalse();
  }

  @Test
  void readsIpv6AddressesAndSeveralHosts() {
    assertThat(address("postgres://u@[::1]/d").hosts()).containsExactly(new Host("::1", 5432));
    var several = address("postgres://u@[fe80::1%25eth0]:1,b,c:3/d");
    assertThat(several.hosts())
        .extracting(Host::port)
        .containsExactly(1, DatabaseAddress.DEFAULT_PORT, 3);
    assertThat(several.writableOnly()).isTrue();
    assertThat(address("postgres://u@a,b/d?target_session_attrs=any").writableOnly()).isFalse();
    assertThat(address("postgres://u@a/d?target_session_attrs=read-write").writableOnly()).isTrue();
  }

  @Test
  void takesHostsFromParametersAndSocketsFromDirectories() {
    var hosts = address("postgres:///d?user=u&host=a,b&port=7").hosts();
    assertThat(hosts).containsExactly(new Host("a", 7), new Host("b", 7));
    var socket = address("postgres://u@%2Frun%2Fpg/d").hosts().get(0);
    assertThat(socket.isSocket()).isTrue();
    assertThat(socket.socket()).isEqualTo("/run/pg/.s.PGSQL.5432");
  }

  @Test
  void toleratesARawAtSignInThePassword() {
    assertThat(address("postgres://u:p@ss@h/d").password()).isEqualTo(new Secret("p@ss"));
  }

  @Test
  void takesFromTheEnvironmentWhatTheUriLeavesOut() {
    var environment =
        Map.of(
            "PGUSER",
            "env",
            "PGPASSWORD",
            "pw",
            "PGPORT",
            "99",
            "PGSSLMODE",
            "require",
            "HOME",
            "/x");
    var address = DatabaseOptions.builder("postgres://h/d", environment).build().address();
    assertThat(address.user()).isEqualTo("env");
    assertThat(address.password()).isEqualTo(new Secret("pw"));
    assertThat(address.hosts()).containsExactly(new Host("h", 99));
    assertThat(address.tls().mode()).isEqualTo(SslMode.REQUIRE);
    var own = DatabaseOptions.builder("postgres://me:x@h:5/d", environment).build().address();
    assertThat(own.user()).isEqualTo("me");
    assertThat(own.hosts().get(0).port()).isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource({
    "disable, DISABLE",
    "allow, ALLOW",
    "prefer, PREFER",
    "require, REQUIRE",
    "verify-ca, VERIFY_CA",
    "verify-full, VERIFY_FULL"
  })
  void knowsEverySslMode(String text, SslMode mode) {
    assertThat(address("postgres://u@h/d?sslmode=" + text).tls().mode()).isEqualTo(mode);
  }

  @Test
  void verifiesWhereARootCertificateIsGiven() {
    assertThat(address("postgres://u@h/d?sslmode=require&sslrootcert=/ca").tls().mode())
        .isEqualTo(SslMode.VERIFY_CA);
    var system = address("postgres://u@h/d?sslrootcert=system").tls();
    assertThat(system.mode()).isEqualTo(SslMode.VERIFY_FULL);
    assertThat(system.rootCertificate()).isNull();
  }

  @Test
  void readsSessionSettingsFromOptions() {
    var settings =
        address(
                "postgres://u@h/d?options=-c%20work_mem%3D64MB%20-cx.y%3Da%5C%20b"
                    + "%20--statement-timeout%3D5s")
            .settings();
    assertThat(settings)
        .containsOnly(
            Map.entry("work_mem", "64MB"),
            Map.entry("x.y", "a b"),
            Map.entry("statement_timeout", "5s"));
  }

  @Test
  void refusesToChangeSettingsThatValuesRelyOn() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> address("postgres://u@h/d?options=-c%20DateStyle%3DSQL"))
        .withMessageContaining("DateStyle");
  }

  @Test
  void aBoundOfConnectingThatIsGivenApartWinsOverTheUris() {
    var options =
        DatabaseOptions.builder("postgres://u@h/d?connect_timeout=3", Map.of())
            .connectTimeout(Duration.ofSeconds(90))
            .build();
    assertThat(options.address().connectTimeout()).isEqualTo(Duration.ofSeconds(90));
  }

  @Test
  void takesThePoolSizeAsPgxNamesIt() {
    assertThat(DatabaseOptions.of("postgres://u@h/d?pool_max_conns=3").poolSize()).isEqualTo(3);
    assertThat(DatabaseOptions.of("postgres://u@h/d").poolSize()).isEqualTo(8);
  }

  @Test
  void namesTheUnknownParameterAndTheKnownOnes() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> address("postgres://u@h/d?sslmod=require"))
        .withMessageContaining("'sslmod'")
        .withMessageContaining("sslmode");
  }

  @Test
  void acceptsParametersThatAskForWhatIsDoneAnyway() {
    address("postgres://u@h/d?client_encoding=UTF8&gssencmode=prefer&channel_binding=disable");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> address("postgres://u@h/d?client_encoding=LATIN1"))
        .withMessageContaining("client_encoding");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mysql://u:hidden@h/d",
        "postgres://u:hidden%zz@h/d",
        "postgres://u:hidden%4@h/d",
        "postgres://u:hidden%00@h/d",
        "postgres://:hidden@h/d",
        "postgres://u:hidden@h:port/d",
        "postgres://u:hidden@h:70000/d",
        "postgres://u:hidden@[::1/d",
        "postgres://u:hidden@[::1]x/d",
        "postgres://u:hidden@a,b:1,c/d?port=1,2",
        "postgres://u:hidden@%2Frun,b/d",
        "postgres://u:hidden@h/d?sslmode=maybe",
        "postgres://u:hidden@h/d?sslmode",
        "postgres://u:hidden@h/d?connect_timeout=soon",
        "postgres://u:hidden@h/d?target_session_attrs=standby",
        "postgres://u:hidden@h/d?options=fsync",
        "postgres://u:hidden@h/d?options=-c%20a-b%3D1",
        "postgres://u:hidden@h/d?sslcert=/c",
        "postgres://u:hidden@h/d?sslrootcert=system&sslmode=require",
        "postgres://u:hidden@h/d?pool_max_conns=0"
      })
  void refusesWhatItCannotReadWithoutRepeatingThePassword(String uri) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DatabaseOptions.of(uri))
        .withMessageNotContaining("hidden");
  }

  @Test
  void neverTellsThePassword() {
    var options = DatabaseOptions.of("postgres://u:hidden@h:1/d?sslpassword=hidden");
    assertThat(options).hasToString("u@h:1/d");
    assertThat(options.address().toString()).doesNotContain("hidden");
  }

  @Test
  void refusesNonsenseFromCode() {
    var builder = DatabaseOptions.builder("postgres://u@h/d", Map.of());
    assertThatIllegalArgumentException().isThrownBy(() -> builder.controlSchema(" "));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.poolSize(0));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.wakeInterval(Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.lockTimeout(Duration.ofMillis(-1)));
  }
}
