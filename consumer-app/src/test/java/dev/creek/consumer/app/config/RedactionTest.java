package dev.creek.consumer.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RedactionTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nats://me:geheim@h:4222                          | nats://***@h:4222
          nats://geheim@h:4222                             | nats://***@h:4222
          TLS://geheim@h                                   | TLS://***@h
          nats://h:4222                                    | nats://h:4222
          nats://a:geheim@h1,nats://b:geheim@h2            | nats://***@h1,nats://***@h2
          nats://h1:4222,nats://b:geheim@h2                | nats://h1:4222,nats://***@h2
          postgres://me:geheim@h/db                        | postgres://me:***@h/db
          postgresql://me@h/db                             | postgresql://me@h/db
          postgres://me:geh/eim@h/db                       | postgres://me:***@h/db
          postgres://me:geh@geheim@h/db                    | postgres://me:***@h/db
          postgres://me:geh?eim#geheim@h/db                | postgres://me:***@h/db
          postgres://:geheim@h/db                          | postgres://:***@h/db
          postgres://h/db?user=me&password=geheim&x=y      | postgres://h/db?user=me&password=***&x=y
          postgres://h/db?sslpassword=geheim               | postgres://h/db?sslpassword=***
          could not reach nats://me:geheim@h:1 and :2      | could not reach nats://***@h:1 and :2
          host=h PASSWORD=geheim user=me                   | host=h PASSWORD=*** user=me
          """)
  void hidesPasswordsAndTokens(String text, String shown) {
    assertThat(Redaction.redact(text)).isEqualTo(shown);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "shop.public.orders:public.orders is streaming",
        "see https://www.postgresql.org/docs/current/errcodes-appendix.html",
        "mail to joe@example.org",
        "LSN 0/28515D8, sequence = 12"
      })
  void leavesOtherTextAlone(String text) {
    assertThat(Redaction.redact(text)).isEqualTo(text);
  }
}
