package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;

/** Types whose binary form has a fixed width. Avro's int and long share one encoding. */
enum FixedEncoder implements ValueEncoder {
  BOOL {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      out.addByte((byte) (in.readBoolean() ? 1 : 0));
    }
  },
  INT2 {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      long value = in.readLong();
      if ((short) value != value) {
        throw new BoundedEncoder.OutOfRange();
      }
      out.addShort((short) value);
    }
  },
  INT4 {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      long value = in.readLong();
      if ((int) value != value) {
        throw new BoundedEncoder.OutOfRange();
      }
      out.addInt((int) value);
    }
  },
  INT8 {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      out.addLong(in.readLong());
    }
  },
  FLOAT4 {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      out.addInt(in.readFloatBits());
    }
  },
  FLOAT4_AS_FLOAT8 {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      out.addLong(Double.doubleToRawLongBits(Float.intBitsToFloat(in.readFloatBits())));
    }
  },
  FLOAT8 {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      out.addLong(in.readDoubleBits());
    }
  },
  DATE {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      out.addInt(PgTime.days(in.readLong()));
    }

    @Override
    public void infinity(boolean negative, ValueColumn out) {
      out.addInt(negative ? Integer.MIN_VALUE : Integer.MAX_VALUE);
    }
  },
  TIME {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      out.addLong(PgTime.timeOfDay(in.readLong()));
    }
  },
  /** Both timestamp types: they differ in meaning, not in bytes. */
  TIMESTAMP {
    @Override
    public void value(AvroCursor in, ValueColumn out) {
      out.addLong(PgTime.micros(in.readLong()));
    }

    @Override
    public void infinity(boolean negative, ValueColumn out) {
      out.addLong(negative ? Long.MIN_VALUE : Long.MAX_VALUE);
    }
  };

  /** Tells whether it refuses numbers that the wire's type can hold. */
  boolean isBounded() {
    return this == INT2 || this == INT4;
  }
}
