package dev.creek.consumer.testing.producer;

/** CRC-64-AVRO, as the Avro specification has it. */
final class Rabin {
  private static final long EMPTY = 0xC15D213AA4D7A795L;
  private static final long[] TABLE = table();

  private Rabin() {}

  static long of(byte[] bytes) {
    long crc = EMPTY;
    for (byte b : bytes) {
      crc = (crc >>> 8) ^ TABLE[(int) (crc ^ b) & 0xFF];
    }
    return crc;
  }

  private static long[] table() {
    long[] table = new long[256];
    for (int i = 0; i < table.length; i++) {
      long crc = i;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >>> 1) ^ (EMPTY & -(crc & 1L));
      }
      table[i] = crc;
    }
    return table;
  }
}
