package dev.creek.consumer.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.creek.consumer.testing.FuzzedSecret;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a list of servers says, and that it tells nobody a secret. */
final class ServerListTest {
  /** The places of a secret in a list, right and wrong ones. */
  private static final List<String> PLACES =
      List.of(
          "nats://me:%s@h:4222",
          "nats://%s@h:4222",
          "nats://:%s@h",
          "me:%s@h:4222",
          "%s@h",
          "tls://me:%s@h",
          "NATS://me:%s@h",
          "nats://one:4222,nats://me:%s@h",
          "nats://me:%s@h,two:4222",
          "one:4222,me:%s@two:4222",
          "me:%1$s@one,me:%1$s@two",
          "nats://a:%1$s@one,nats://b:%1$s@two",
          "nats://%1$s:%1$s@h",
          "http://me:%s@h",
          "natss://me:%s@h",
          "nats:/me:%s@h",
          "nats//me:%s@h",
          "nats://me:%s@",
          "nats://me:%s@h:99999",
          "nats://me:%s@h/path",
          "nats://me:%s@h x",
          "nats://me@x:%s@h",
          "://me:%s@h");

  static Stream<FuzzedSecret> secrets() {
    return FuzzedSecret.all(14, 300);
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void neverTellsASecretWhereverItStands(FuzzedSecret secret) {
    for (String place : PLACES) {
      for (String written : List.of(secret.text(), secret.encoded())) {
        String text = place.formatted(written);
        secret.assertNotIn(BrokerOptions.shown(text));
        try {
          var options = BrokerOptions.builder(text).build();
          secret.assertNotIn(options.toString());
          secret.assertNotIn(options.serversForPeople());
          for (String server : options.servers()) {
            secret.assertNotIn(BrokerOptions.withoutUser(server));
          }
        } catch (IllegalArgumentException e) {
          secret.assertNotIn(e);
          assertThat(e).hasMessageStartingWith("not a list of NATS servers");
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void readsEverySecretThatIsEncodedAndGivesItToNobodyButTheServer(FuzzedSecret secret) {
    for (String scheme : List.of("", "nats://", "tls://")) {
      var named = BrokerOptions.builder(scheme + "me:" + secret.encoded() + "@h:4222").build();
      assertThat(named.login()).isEqualTo(new BrokerCredentials.User("me", secret.text()));
      assertThat(named.servers()).singleElement().asString().endsWith("://h:4222");
      var token = BrokerOptions.builder(scheme + secret.encoded() + "@h:4222").build();
      assertThat(token.login()).isEqualTo(new BrokerCredentials.Token(secret.text()));
    }
    var two =
        BrokerOptions.builder(
                "nats://a:%1$s@one,nats://b:%1$s@two,three".formatted(secret.encoded()))
            .build();
    assertThat(ServerUri.parse(two.servers()[1]).login())
        .isEqualTo(new BrokerCredentials.User("b", secret.text()));
    assertThat(two.servers()[2]).isEqualTo("nats://three");
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void theOptionsOfALoginAreSilentToo(FuzzedSecret secret) {
    for (BrokerCredentials login :
        List.of(
            new BrokerCredentials.User("me", secret.text()),
            new BrokerCredentials.Token(secret.text()))) {
      secret.assertNotIn(login.toString());
      secret.assertNotIn(BrokerOptions.builder("h").credentials(login).build().toString());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "nats://me:a/b@h, percent-encoded",
    "nats://me:a#b@h, percent-encoded",
    "nats://me:a b@h, percent-encoded",
    "nats://me:a@b@h, percent-encoded",
    "nats://me:a?b@h, percent-encoded",
    "nats://me:%zz@h, % that is not followed",
    "nats://me:%@h, % that is not followed",
    "nats://me:%ff@h, not UTF-8",
    "nats://@h, is empty",
    "http://h, scheme must be",
    "natss://h, scheme must be",
    "nats://, host or host:port",
    "nats://me:pw@, host or host:port",
    "nats://h:x, host or host:port",
    "nats://h/x, host or host:port",
    "nats://h:0, port must be",
    "nats://h:65536, port must be",
    "nats://my_host, the host must be",
    "nats://::1, host or host:port"
  })
  void refusesWhatCannotBeReadBeforeAnybodyConnects(String text, String why) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BrokerOptions.builder(text))
        .withMessageContaining(why)
        .withNoCause();
  }

  @Test
  void namesWhichOfSeveralServersIsWrong() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BrokerOptions.builder("nats://a,http://b,c"))
        .withMessageContaining("of the 3 servers, number 2: the scheme must be");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nats://me:12,34@h", "me:12,34@h", "nats://me:a@b,c@h", "h,me:pw@two"})
  void takesNoBeginningOfAPasswordWithACommaForAHost(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BrokerOptions.builder(text))
        .withMessageContaining("a comma in a password must be percent-encoded");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nats://me:geheim@h:4222                 | nats://***@h:4222
          nats://geheim@h                         | nats://***@h
          me:geheim@h:4222                        | ***@h:4222
          nats://a:x@h1, nats://h2                | nats://***@h1,nats://h2
          nats://[::1]:4222                       | nats://[::1]:4222
          http://h:1                              | http://h:1
          http://me:geheim@h                      | ***
          nats://me:ge/heim@h                     | ***
          """)
  void isShownWithoutTheUsersPart(String text, String shown) {
    assertThat(BrokerOptions.shown(text)).isEqualTo(shown);
  }

  @Test
  void givesServersTheLoginThatIsTheirs() {
    var own = BrokerOptions.builder("nats://me:x@one,two");
    assertThat(own.build().login()).isEqualTo(new BrokerCredentials.User("me", "x"));
    assertThat(own.build().servers()).containsExactly("nats://one", "nats://two");
    var both = own.credentials(new BrokerCredentials.Token("t")).build();
    assertThat(both.login()).isEqualTo(new BrokerCredentials.Token("t"));
    assertThat(both.servers()).containsExactly("nats://me:x@one", "nats://two");
  }
}
