package dev.creek.consumer.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/**
 * A secret of words that are nowhere else, with characters between them that have a meaning in
 * URIs, shells, logs and SQL. Where one word is found, a part of the secret has got out, raw or
 * encoded.
 *
 * @param text the secret
 * @param words what to look for
 */
public record FuzzedSecret(String text, List<String> words) {
  private static final List<String> BETWEEN =
      List.of(
          "/",
          "#",
          "@",
          " ",
          "%zz",
          "%",
          "%2",
          "ü€𝒳",
          ":",
          "?",
          "&",
          "=",
          ",",
          ";",
          "\\",
          "'",
          "\"",
          "+",
          "[",
          "]",
          "{",
          "}",
          "<",
          ">",
          "|",
          "^",
          "`",
          "$1",
          "//",
          "://",
          "@@",
          ":@",
          "/@",
          "@:",
          "\t",
          "=x&password=",
          "%00",
          "%0a",
          "..",
          "*",
          "!",
          "~",
          "\u00a0",
          "\u200b");

  /** A few with several special texts each, for tests that take their time with every one. */
  public static Stream<FuzzedSecret> few(long seed, int count) {
    var chance = new Random(seed);
    return Stream.generate(() -> random(chance))
        .filter(secret -> secret.text().chars().allMatch(c -> c >= ' '))
        .limit(count);
  }

  /** Secrets with each special text once between two words, then random ones. */
  public static Stream<FuzzedSecret> all(long seed, int random) {
    var chance = new Random(seed);
    Stream<FuzzedSecret> each = BETWEEN.stream().map(between -> of(chance, List.of(between)));
    Stream<FuzzedSecret> ends =
        Stream.of("/", "#", "@", "%", ":", "?", "ü").map(end -> atEnds(chance, end));
    return Stream.concat(
        Stream.concat(each, ends), Stream.generate(() -> random(chance)).limit(random));
  }

  private static FuzzedSecret random(Random chance) {
    var between = new ArrayList<String>();
    for (int i = chance.nextInt(4); i >= 0; i--) {
      between.add(BETWEEN.get(chance.nextInt(BETWEEN.size())));
    }
    return of(chance, between);
  }

  private static FuzzedSecret of(Random chance, List<String> between) {
    var words = new ArrayList<String>();
    words.add(word(chance));
    var text = new StringBuilder(words.get(0));
    for (String special : between) {
      String word = word(chance);
      words.add(word);
      text.append(special).append(word);
    }
    return new FuzzedSecret(text.toString(), List.copyOf(words));
  }

  private static FuzzedSecret atEnds(Random chance, String end) {
    String word = word(chance);
    return new FuzzedSecret(end + word + end, List.of(word));
  }

  /** Short enough for a fragment to be found, long enough not to be found by chance. */
  private static String word(Random chance) {
    var word = new StringBuilder("q");
    for (int i = 0; i < 6; i++) {
      word.append((char) ('a' + chance.nextInt(26)));
    }
    return word.append(chance.nextInt(10)).toString();
  }

  /** As it should be in a URI. */
  public String encoded() {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Fails where {@code said} holds any part of it. */
  public void assertNotIn(String said) {
    String lower = said.toLowerCase(Locale.ROOT);
    for (String word : words) {
      assertThat(lower).as("must not hold a part of %s", text).doesNotContain(word);
    }
  }

  /** Fails where an error, a cause of it, or what it suppresses holds any part of it. */
  public void assertNotIn(Throwable thrown) {
    for (Throwable e = thrown; e != null; e = e.getCause()) {
      assertNotIn(String.valueOf(e));
      Stream.of(e.getSuppressed()).forEach(this::assertNotIn);
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
