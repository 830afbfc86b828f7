package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import java.nio.charset.StandardCharsets;

/** Guards of texts: the assignment cuts blanks, and refuses other characters. */
interface TextGuard extends ValueGuard {

  /** Checks the text without making a string of it. */
  boolean keeps(byte[] text, int from, int to);

  @Override
  default boolean keeps(AvroCursor in) {
    int length = in.readLength();
    return keeps(in.bytes(), in.position(), in.position() + length);
  }

  /**
   * {@code varchar(n)}: blanks beyond its length are cut.
   *
   * @param characters its length
   */
  record Cut(int characters) implements TextGuard {
    @Override
    public boolean keeps(byte[] text, int from, int to) {
      return to - from <= characters
          || text[to - 1] != ' '
          || count(text, from, to) <= characters
          || count(text, from, withoutBlanks(text, from, to)) > characters;
    }
  }

  /**
   * {@code char(n)}: blanks at the end are not part of the value, but may be on the source.
   *
   * @param characters its length
   */
  record Padded(int characters) implements TextGuard {
    @Override
    public boolean keeps(byte[] text, int from, int to) {
      return from == to
          || text[to - 1] != ' '
          || count(text, from, to) == characters
          || count(text, from, withoutBlanks(text, from, to)) > characters;
    }
  }

  /**
   * {@code "char"} and {@code name}: cut at this number of bytes.
   *
   * @param bytes its length
   */
  record Bytes(int bytes) implements TextGuard {
    @Override
    public boolean keeps(byte[] text, int from, int to) {
      return to - from <= bytes;
    }
  }

  private static int withoutBlanks(byte[] text, int from, int to) {
    int end = to;
    while (end > from && text[end - 1] == ' ') {
      end--;
    }
    return end;
  }

  private static int count(byte[] text, int from, int to) {
    int characters = 0;
    for (int i = from; i < to; i++) {
      // Continuation bytes of a character begin with the bits 10.
      if ((text[i] & 0xc0) != 0x80) {
        characters++;
      }
    }
    return characters;
  }

  /** The text as a string, for guards that must parse it. */
  static String string(AvroCursor in) {
    int length = in.readLength();
    return new String(in.bytes(), in.position(), length, StandardCharsets.UTF_8).strip();
  }
}
