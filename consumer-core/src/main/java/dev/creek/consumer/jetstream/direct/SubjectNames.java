package dev.creek.consumer.jetstream.direct;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Subjects as texts, one object for each, so that they are made and hashed once. Bounded: one that
 * meets another at its place replaces that. Not thread-safe.
 */
final class SubjectNames {
  /** A power of two. */
  private static final int PLACES = 1 << 13;

  private final @Nullable Name[] names = new Name[PLACES];

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Name(byte[] bytes, String text) {}

  /** The text of these bytes. */
  String of(byte[] bytes, int from, int to) {
    int hash = 1;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + bytes[i];
    }
    int place = (hash ^ (hash >>> 16)) & (PLACES - 1);
    Name known = names[place];
    if (known != null && Arrays.equals(bytes, from, to, known.bytes, 0, known.bytes.length)) {
      return known.text;
    }
    byte[] own = Arrays.copyOfRange(bytes, from, to);
    var name = new Name(own, new String(own, UTF_8));
    names[place] = name;
    return name.text;
  }
}
