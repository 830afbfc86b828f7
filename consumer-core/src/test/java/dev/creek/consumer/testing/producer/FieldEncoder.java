package dev.creek.consumer.testing.producer;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Set;

/** Encodes one column's values, from PostgreSQL's text to Avro, union branch included. */
final class FieldEncoder {
  /** What Go's ParseFloat makes of NaN; Java's own differs in the last bit. */
  private static final long NAN_BITS = 0x7FF8000000000001L;

  /** The real producer's library writes arrays in blocks of so many elements. */
  private static final int BLOCK_ELEMENTS = 100;

  /** 18 digits fit a long whatever they are. */
  private static final int LONG_DIGITS = 18;

  private static final int XML_OID = 142;

  /** Types for which the real producer's library has no text: see WIRE, what it drops. */
  private static final Set<Integer> WITHOUT_TEXT =
      Set.of(
          17,
          1001, // bytea and its array
          SourceType.CHAR_OID,
          SourceType.CHAR_ARRAY_OID,
          869,
          1041,
          650,
          829, // inet and its array, cidr, macaddr
          1186, // interval
          3904,
          3906,
          3908,
          3910,
          3912,
          3926, // ranges
          4451,
          4532,
          4533,
          4534,
          4535,
          4536, // multiranges
          1560,
          1562, // bit, varbit
          26,
          28, // oid, xid
          600,
          628); // point, line

  private static final String UNSUPPORTED =
      "a value of a type that the real producer cannot encode";

  private final SourceType type;
  private final boolean nullable;
  private final Dialect dialect;
  private final boolean snapshot;
  private final boolean unsupported;
  private final ArrayLiteral array = new ArrayLiteral();
  private final AvroBuffer block = new AvroBuffer();

  FieldEncoder(SourceColumn column, boolean nullable, Dialect dialect, boolean snapshot) {
    this.type = column.type();
    this.nullable = nullable;
    this.dialect = dialect;
    this.snapshot = snapshot;
    this.unsupported =
        dialect.has(Defect.DROP_UNSUPPORTED_TYPES)
            && (WITHOUT_TEXT.contains(type.oid()) || (type.oid() == XML_OID && !dialect.isOld()));
  }

  void writeNull(AvroBuffer out) throws UnencodableException {
    if (!nullable) {
      throw new UnencodableException("a NULL in a key column");
    }
    out.writeLong(0);
  }

  void write(byte[] text, int from, int to, AvroBuffer out) throws UnencodableException {
    if (unsupported && !type.array()) {
      throw new UnencodableException(UNSUPPORTED);
    }
    int mark = out.length();
    if (type.array()) {
      writeBranch(out);
      if (!writeArray(text, from, to, out)) {
        out.truncate(mark);
        writeNull(out);
      }
      return;
    }
    if (!writeInfinity(text, from, to, nullable ? 1 : 0, out)) {
      writeBranch(out);
      if (!writeValue(text, from, to, out)) {
        out.truncate(mark);
        writeNull(out);
      }
    }
  }

  private void writeBranch(AvroBuffer out) {
    if (nullable) {
      out.writeLong(1);
    } else if (type.shape().mayBeInfinite() && !type.array()) {
      out.writeLong(0);
    }
  }

  /** Writes the enum's branch and symbol if the value is infinite. */
  private boolean writeInfinity(byte[] text, int from, int to, int valueBranch, AvroBuffer out)
      throws UnencodableException {
    int infinity = type.shape().mayBeInfinite() ? TextValues.infinity(text, from, to) : 0;
    if (infinity == 0) {
      return false;
    }
    if (snapshot && dialect.has(Defect.DROP_INFINITE_SNAPSHOT_ROWS)) {
      throw new UnencodableException("an infinity in a snapshot");
    }
    out.writeLong(valueBranch + 1);
    out.writeLong(infinity > 0 ? 0 : 1);
    return true;
  }

  /** False where the value is to be a NULL instead. */
  private boolean writeArray(byte[] text, int from, int to, AvroBuffer out)
      throws UnencodableException {
    array.read(text, from, to);
    if (array.hasNulls()) {
      throw new UnencodableException("an array with a NULL element");
    }
    if (unsupported && array.count() > 0) {
      throw new UnencodableException(UNSUPPORTED);
    }
    if (array.count() == 0 && dialect.has(Defect.EMPTY_ARRAY_AS_NULL)) {
      return false;
    }
    for (int first = 0; first < array.count(); first += BLOCK_ELEMENTS) {
      int last = Math.min(first + BLOCK_ELEMENTS, array.count());
      block.truncate(0);
      for (int i = first; i < last; i++) {
        writeElement(array.bytes(), array.from(i), array.to(i));
      }
      out.writeLong(first - last); // negative: the block's size in bytes follows
      out.writeLong(block.length());
      out.writeRaw(block);
    }
    out.writeLong(0);
    return true;
  }

  private void writeElement(byte[] text, int from, int to) throws UnencodableException {
    if (writeInfinity(text, from, to, 0, block)) {
      return;
    }
    if (type.shape().mayBeInfinite()) {
      block.writeLong(0);
    }
    if (!writeValue(text, from, to, block)) {
      throw new UnencodableException("an array with a JSON null");
    }
  }

  /** False where the value is to be a NULL instead. */
  private boolean writeValue(byte[] text, int from, int to, AvroBuffer out)
      throws UnencodableException {
    switch (type.shape()) {
      case BOOLEAN -> out.writeByte(text[from] == 't' ? 1 : 0);
      case INT, LONG -> out.writeLong(TextValues.integer(text, from, to));
      case FLOAT ->
          out.writeFloatBits(
              Float.floatToIntBits(Float.parseFloat(TextValues.ascii(text, from, to))));
      case DOUBLE -> {
        double value = Double.parseDouble(TextValues.ascii(text, from, to));
        out.writeDoubleBits(Double.isNaN(value) ? NAN_BITS : Double.doubleToLongBits(value));
      }
      case STRING, UUID -> out.writeBytes(text, from, to - from);
      case JSON -> {
        return writeJson(text, from, to, out);
      }
      case DECIMAL -> writeDecimal(text, from, to, out);
      case DATE -> out.writeLong(TextValues.date(text, from, to));
      case TIME -> out.writeLong(TextValues.time(text, from, to));
      case TIMESTAMP -> out.writeLong(TextValues.timestamp(text, from, to));
    }
    return true;
  }

  private boolean writeJson(byte[] text, int from, int to, AvroBuffer out)
      throws UnencodableException {
    if (!dialect.has(Defect.JSON_THROUGH_GO)) {
      out.writeBytes(text, from, to - from);
      return true;
    }
    byte[] anew = GoJson.rewrite(text, from, to);
    out.writeBytes(anew, 0, anew.length);
    return anew.length > 0;
  }

  private void writeDecimal(byte[] text, int from, int to, AvroBuffer out)
      throws UnencodableException {
    if (!type.carriesValues()) {
      throw new UnencodableException("a numeric without a usable precision and scale");
    }
    byte last = text[to - 1];
    if (last == 'N' || last == 'y') {
      throw new UnencodableException("a numeric that is not a number or infinite");
    }
    byte[] unscaled = twosComplement(unscaled(TextValues.ascii(text, from, to)));
    out.writeBytes(unscaled, 0, unscaled.length);
  }

  private BigInteger unscaled(String text) {
    int point = text.indexOf('.');
    int digitsAfter = point < 0 ? 0 : text.length() - point - 1;
    if (digitsAfter == type.scale() && text.length() <= LONG_DIGITS) {
      String digits = point < 0 ? text : text.substring(0, point) + text.substring(point + 1);
      return BigInteger.valueOf(Long.parseLong(digits));
    }
    return new BigDecimal(text).setScale(type.scale()).unscaledValue();
  }

  /** As short as can be, except that the real producer's library takes a byte more for -128. */
  private static byte[] twosComplement(BigInteger value) {
    byte[] shortest = value.toByteArray();
    int length = value.signum() < 0 ? value.negate().bitLength() / 8 + 1 : shortest.length;
    if (length == shortest.length) {
      return shortest;
    }
    byte[] longer = new byte[length];
    longer[0] = -1;
    System.arraycopy(shortest, 0, longer, 1, shortest.length);
    return longer;
  }
}
