package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import java.math.BigDecimal;
import java.math.BigInteger;

/** The text of an array's item, quoted if PostgreSQL's array syntax requires it. */
enum ItemText implements ValueEncoder {
  BOOLEAN {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      out.put(in.readBoolean() ? 't' : 'f');
    }
  },
  INTEGER {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      PgText.putLong(in.readLong(), out);
    }
  },
  /** Java's digits read back to the same bits, and so do its names of NaN and the infinities. */
  FLOAT {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      PgText.putAscii(Float.toString(Float.intBitsToFloat(in.readFloatBits())), out);
    }
  },
  DOUBLE {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      PgText.putAscii(Double.toString(Double.longBitsToDouble(in.readDoubleBits())), out);
    }
  },
  /** Always quoted: an item may be empty, the word NULL, or contain a delimiter. */
  STRING {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      int length = in.readLength();
      PgText.putQuoted(in.bytes(), in.position(), length, out);
      in.advance(length);
    }
  },
  DATE {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      long days = in.readLong();
      PgTime.days(days);
      out.put('"');
      PgText.putDate(days, out);
      PgText.putEra(days, out);
      out.put('"');
    }

    @Override
    public void infinity(boolean negative, ValueColumn out) {
      PgText.putInfinity(negative, out);
    }
  },
  TIME {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      PgText.putTime(PgTime.timeOfDay(in.readLong()), out);
    }
  },
  TIMESTAMP {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      putTimestamp(in, "", out);
    }

    @Override
    public void infinity(boolean negative, ValueColumn out) {
      PgText.putInfinity(negative, out);
    }
  },
  TIMESTAMPTZ {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      putTimestamp(in, "+00", out);
    }

    @Override
    public void infinity(boolean negative, ValueColumn out) {
      PgText.putInfinity(negative, out);
    }
  };

  private static void putTimestamp(AvroCursor in, String zone, ValueColumn out) {
    long micros = in.readLong();
    PgTime.micros(micros);
    long days = Math.floorDiv(micros, PgTime.DAY_MICROS);
    out.put('"');
    PgText.putDate(days, out);
    out.put(' ');
    PgText.putTime(Math.floorMod(micros, PgTime.DAY_MICROS), out);
    PgText.putAscii(zone, out);
    PgText.putEra(days, out);
    out.put('"');
  }

  /** A decimal of this scale. */
  record DecimalText(int scale) implements ValueEncoder {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      int length = NumericEncoder.readUnscaledLength(in);
      var unscaled = new BigInteger(in.bytes(), in.position(), length);
      PgText.putAscii(new BigDecimal(unscaled, scale).toPlainString(), out);
      in.advance(length);
    }
  }
}
