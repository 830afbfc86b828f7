package dev.creek.consumer.row;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.wire.AvroCursor;
import java.math.BigInteger;

/**
 * Avro decimals (two's complement, big-endian) as PostgreSQL numerics: base-10000 digits aligned to
 * the decimal point, without leading and trailing zero digits, in the layout of {@code
 * numeric_send}: ndigits, weight, sign, dscale, digits.
 */
final class NumericEncoder implements ValueEncoder {
  /** 131072 digits before the decimal point and 16383 after it need fewer bytes. */
  private static final int MAX_UNSCALED_BYTES = 61_300;

  private static final int POSITIVE = 0;
  private static final int NEGATIVE = 0x4000;
  private static final int[] POWERS = {1, 10, 100, 1000, 10_000};

  private final int scale;

  /** Number of decimal digits of the unscaled value in its lowest base-10000 digit; 0: all four. */
  private final int lowestDigits;

  private final int fractionGroups;

  NumericEncoder(int scale) {
    this.scale = scale;
    this.lowestDigits = scale % 4;
    this.fractionGroups = (scale + 3) / 4;
  }

  @Override
  public void value(AvroCursor in, ValueColumn out) {
    int length = readUnscaledLength(in);
    byte[] data = in.bytes();
    int from = in.position();
    int mark = out.open();
    if (length <= 8) {
      addLong(readUnscaled(data, from, length), out);
    } else {
      addBig(new BigInteger(data, from, length), out);
    }
    out.close(mark);
    in.advance(length);
  }

  static int readUnscaledLength(AvroCursor in) {
    int length = in.readLength();
    if (length == 0 || length > MAX_UNSCALED_BYTES) {
      throw new MessageException(
          length == 0 ? "a decimal without bytes" : "a decimal of too many digits");
    }
    return length;
  }

  private static long readUnscaled(byte[] data, int from, int length) {
    long value = data[from];
    for (int i = 1; i < length; i++) {
      value = value << 8 | (data[from + i] & 0xff);
    }
    return value;
  }

  private void addLong(long unscaled, ValueColumn out) {
    if (unscaled == 0) {
      putHeader(0, 0, POSITIVE, out);
      return;
    }
    if (unscaled == Long.MIN_VALUE) {
      addBig(BigInteger.valueOf(unscaled), out);
      return;
    }
    // At most six groups, sixteen bits each, lowest first: an array would be garbage on every row.
    long rest = Math.abs(unscaled);
    long low = 0;
    long high = 0;
    int groups = 0;
    if (lowestDigits != 0) {
      int power = POWERS[lowestDigits];
      low = rest % power * POWERS[4 - lowestDigits];
      rest /= power;
      groups = 1;
    }
    while (rest != 0) {
      long group = rest % 10_000;
      rest /= 10_000;
      if (groups < 4) {
        low |= group << (groups * 16);
      } else {
        high |= group << ((groups - 4) * 16);
      }
      groups++;
    }
    int zeros =
        low != 0 ? Long.numberOfTrailingZeros(low) / 16 : 4 + Long.numberOfTrailingZeros(high) / 16;
    putHeader(groups - zeros, groups, unscaled < 0 ? NEGATIVE : POSITIVE, out);
    for (int i = groups - 1; i >= zeros; i--) {
      out.putShort((int) (i < 4 ? low >>> (i * 16) : high >>> ((i - 4) * 16)));
    }
  }

  private void addBig(BigInteger unscaled, ValueColumn out) {
    String digits = unscaled.abs().toString();
    if (digits.equals("0")) {
      putHeader(0, 0, POSITIVE, out);
      return;
    }
    int behind = lowestDigits == 0 ? 0 : 4 - lowestDigits;
    int groups = (digits.length() + behind + 3) / 4;
    // Start of the first group, including the zeros that are missing in front of it.
    int first = digits.length() + behind - groups * 4;
    int last = groups - 1;
    while (group(digits, first + last * 4) == 0) {
      last--;
    }
    putHeader(last + 1, groups, unscaled.signum() < 0 ? NEGATIVE : POSITIVE, out);
    for (int i = 0; i <= last; i++) {
      out.putShort(group(digits, first + i * 4));
    }
  }

  private static int group(String digits, int from) {
    int group = 0;
    for (int i = from; i < from + 4; i++) {
      group = group * 10 + (i >= 0 && i < digits.length() ? digits.charAt(i) - '0' : 0);
    }
    return group;
  }

  private void putHeader(int digits, int groups, int sign, ValueColumn out) {
    out.putShort(digits);
    out.putShort(digits == 0 ? 0 : groups - 1 - fractionGroups);
    out.putShort(sign);
    out.putShort(scale);
  }
}
