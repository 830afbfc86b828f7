package dev.creek.consumer.wire;

/**
 * The encoding of a value on the wire (Avro), read leniently: a type that cannot be decoded is
 * {@link Undecodable}.
 */
public sealed interface WireType {
  /** Types without parameters. */
  enum Plain implements WireType {
    BOOLEAN,
    INT,
    LONG,
    FLOAT,
    DOUBLE,
    STRING,
    UUID,
    /** Avro bytes without a usable logical type: the text of json or jsonb. */
    BYTES,
    DATE,
    TIME_MICROS,
    TIMESTAMP_MICROS
  }

  /** Two's complement big-endian unscaled value. */
  record Decimal(int precision, int scale) implements WireType {}

  /** An Avro array of slots, possibly written in several blocks. */
  record ArrayOf(Slot item) implements WireType {}

  /** Only NULL can occur (numeric without precision or with an impossible one). */
  record Undecodable(String why) implements WireType {}

  /**
   * The place of a value: a plain value, or a union of at most null, the value and the infinity
   * enum.
   *
   * @param union whether a branch index is written before the value
   * @param nullBranch index of null, or -1
   * @param valueBranch index of the value (0 if it is no union)
   * @param infinityBranch index of the enum {infinity, negative infinity}, or -1
   * @param type encoding of the value branch
   */
  record Slot(boolean union, int nullBranch, int valueBranch, int infinityBranch, WireType type) {
    /** Tells whether NULL can be written. */
    public boolean nullable() {
      return nullBranch >= 0;
    }
  }
}
