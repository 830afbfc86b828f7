package dev.creek.consumer.testing;

import dev.creek.consumer.api.Generation;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** What the source's tables held when a capture ended; see {@code golden/README.md}. */
public final class GoldenTables {
  private static final int BLOCK = 512;
  private static final int SIZE_OFFSET = 124;
  private static final int SIZE_LENGTH = 12;

  private GoldenTables() {}

  /**
   * The contents of one table.
   *
   * @param columns column names in order
   * @param rows values in PostgreSQL's text form, null for NULL
   */
  public record Table(List<String> columns, List<List<@Nullable String>> rows) {}

  /** Every source table by {@code namespace.table}, as its file is named. */
  public static Map<String, Table> of(Generation generation) {
    var tables = new TreeMap<String, Table>();
    files(generation)
        .forEach((name, csv) -> tables.put(name.substring(0, name.length() - 4), parse(csv)));
    return tables;
  }

  /** Files of the archive by name: CSV as COPY … (FORMAT csv, HEADER) wrote it. */
  public static Map<String, String> files(Generation generation) {
    var files = new TreeMap<String, String>();
    try (var in =
        new DataInputStream(
            new GZIPInputStream(new GoldenCapture(generation).open("tables.tgz")))) {
      byte[] header = in.readNBytes(BLOCK);
      while (header.length == BLOCK && header[0] != 0) {
        int size = Integer.parseInt(text(header, SIZE_OFFSET, SIZE_LENGTH).trim(), 8);
        files.put(text(header, 0, 100), new String(in.readNBytes(size), StandardCharsets.UTF_8));
        in.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
        header = in.readNBytes(BLOCK);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  private static String text(byte[] header, int from, int length) {
    int end = from;
    while (end < from + length && header[end] != 0) {
      end++;
    }
    return new String(header, from, end - from, StandardCharsets.UTF_8);
  }

  /** COPY's CSV: an empty field is NULL, {@code ""} is the empty text; quotes may span lines. */
  static Table parse(String csv) {
    var lines = new ArrayList<List<@Nullable String>>();
    var line = new ArrayList<@Nullable String>();
    var field = new StringBuilder();
    boolean quoted = false;
    boolean wasQuoted = false;
    for (int i = 0; i < csv.length(); i++) {
      char c = csv.charAt(i);
      if (quoted && c == '"' && i + 1 < csv.length() && csv.charAt(i + 1) == '"') {
        field.append(c);
        i++;
      } else if (c == '"') {
        quoted = !quoted;
        wasQuoted = true;
      } else if (quoted || (c != ',' && c != '\n')) {
        field.append(c);
      } else {
        line.add(field.isEmpty() && !wasQuoted ? null : field.toString());
        field.setLength(0);
        wasQuoted = false;
        if (c == '\n') {
          lines.add(line);
          line = new ArrayList<>();
        }
      }
    }
    List<String> columns = new ArrayList<>();
    lines.get(0).forEach(name -> columns.add(String.valueOf(name)));
    return new Table(columns, lines.subList(1, lines.size()));
  }
}
