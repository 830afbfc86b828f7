package dev.creek.consumer.postgres.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.DatabaseAddress.Secret;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.testing.FuzzedSecret;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A database's password is told to nobody but the server. */
final class DatabaseSecretsTest {
  private static final List<String> PLACES =
      List.of(
          "postgres://me:%s@h/db",
          "postgresql://me:%s@h:1,i:2/db?sslmode=require",
          "postgres://:%s@h/db?user=me",
          "postgres://me:%s@h",
          "postgres://me@h/db?password=%s",
          "postgres://me@h/db?sslmode=require&sslpassword=%s",
          "postgres://me:%1$s@h/db?password=%1$s",
          "postgres://me@x:%s@h/db",
          "postgres://me:%s@h/db?nonsense=1",
          "postgres://me:%s@h:x/db",
          "postgres://me:%s@/db",
          "mysql://me:%s@h/db",
          "postgres:/me:%s@h/db",
          "me:%s@h/db",
          "%s");

  static Stream<FuzzedSecret> secrets() {
    return FuzzedSecret.all(15, 300).filter(secret -> secret.text().indexOf('\0') < 0);
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void isInNothingThatIsSaid(FuzzedSecret secret) {
    // As somebody may have it in the environment: what the URI leaves out is then no error.
    Map<String, String> environment = Map.of("PGUSER", "env", "PGPASSWORD", secret.text());
    for (String place : PLACES) {
      for (String written : List.of(secret.text(), secret.encoded())) {
        String uri = place.formatted(written);
        secret.assertNotIn(DatabaseOptions.shown(uri));
        for (var variables : List.of(Map.<String, String>of(), environment)) {
          try {
            var options = DatabaseOptions.builder(uri, variables).build();
            secret.assertNotIn(options.toString());
            secret.assertNotIn(options.address().toString());
          } catch (IllegalArgumentException e) {
            secret.assertNotIn(e);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void isReadWholeWhereItIsEncoded(FuzzedSecret secret) {
    for (String uri :
        List.of("postgres://me:%s@h/db", "postgres://me@h/db?sslmode=require&password=%s")) {
      assertThat(DatabaseOptions.of(uri.formatted(secret.encoded())).address().password())
          .isEqualTo(new Secret(secret.text()));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "postgres://me:geheim@h/db, postgres://me:***@h/db",
    "postgres://me:ge@heim@h/db, postgres://me:***@h/db",
    "postgres://me@h/db, postgres://me@h/db",
    "postgres:///db?user=me&password=geheim&sslmode=require, postgres:///db?user=me&password=***&sslmode=require",
    "postgres://h/db?sslpassword=geheim, postgres://h/db?sslpassword=***",
    "postgres://h/db, postgres://h/db",
    "mysql://h, mysql://h",
    "mysql://me:geheim@h/db, ***",
    "postgres://me:ge/heim@h/db, ***",
    "postgres://me:12?geheim=x@h/db, ***"
  })
  void isHiddenInAUriThatIsShown(String uri, String shown) {
    assertThat(DatabaseOptions.shown(uri)).isEqualTo(shown);
  }
}
