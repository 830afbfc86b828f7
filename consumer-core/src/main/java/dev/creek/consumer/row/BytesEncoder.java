package dev.creek.consumer.row;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.wire.AvroCursor;

/** Avro strings and bytes. Their UTF-8 is copied as it is; PostgreSQL checks it. */
enum BytesEncoder implements ValueEncoder {
  /** Types whose binary form is their text: text, varchar, bpchar, json. */
  TEXT {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      int length = in.readLength();
      out.addBytes(in.bytes(), in.position(), length);
      in.advance(length);
    }
  },
  /**
   * A bpchar that identifies a row. Its padding does not count, and its width may change within a
   * batch, because it is not part of the fingerprint.
   */
  BPCHAR_KEY {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      int length = in.readLength();
      int kept = length;
      while (kept > 0 && in.bytes()[in.position() + kept - 1] == ' ') {
        kept--;
      }
      out.addBytes(in.bytes(), in.position(), kept);
      in.advance(length);
    }
  },
  JSONB {
    private static final int VERSION = 1;

    @Override
    public void value(AvroCursor in, ValueColumn out) {
      int length = in.readLength();
      int mark = out.open();
      out.put(VERSION);
      out.put(in.bytes(), in.position(), length);
      out.close(mark);
      in.advance(length);
    }
  },
  /** The 36 characters of a uuid as its 16 bytes. */
  UUID {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      int length = in.readLength();
      byte[] text = in.bytes();
      int from = in.position();
      if (length != 36
          || text[from + 8] != '-'
          || text[from + 13] != '-'
          || text[from + 18] != '-'
          || text[from + 23] != '-') {
        throw new MessageException("not a uuid");
      }
      int mark = out.open();
      for (int at = 0; at < 36; at += 2) {
        if (at == 8 || at == 13 || at == 18 || at == 23) {
          at++;
        }
        int octet = hex(text[from + at]) << 4 | hex(text[from + at + 1]);
        if (octet < 0) {
          throw new MessageException("not a uuid");
        }
        out.put(octet);
      }
      out.close(mark);
      in.advance(length);
    }
  };

  private static final byte[] HEX = hexDigits();

  private static byte[] hexDigits() {
    var digits = new byte[256];
    for (int i = 0; i < digits.length; i++) {
      digits[i] = (byte) Character.digit(i < 128 ? i : 0, 16);
    }
    return digits;
  }

  /** Negative if it is no hexadecimal digit. */
  private static int hex(byte digit) {
    return HEX[digit & 0xff];
  }
}
