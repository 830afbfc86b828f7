package dev.creek.consumer.app.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the demo writes. Straight to the file descriptor: Maven, in whose JVM we may be, wraps
 * {@code System.out}. On a terminal whose character set is not UTF-8, signs give way to ASCII of
 * the same width.
 */
final class Terminal {

  private static final int DEFAULT_COLUMNS = 80;
  private static final int DEFAULT_ROWS = 24;
  private static final Map<Character, String> IN_ASCII =
      Map.ofEntries(
          Map.entry('▁', "_"),
          Map.entry('▂', "."),
          Map.entry('▃', ":"),
          Map.entry('▄', "-"),
          Map.entry('▅', "="),
          Map.entry('▆', "+"),
          Map.entry('▇', "*"),
          Map.entry('█', "#"),
          Map.entry('░', "."),
          Map.entry('─', "-"),
          Map.entry('━', "-"),
          Map.entry('▶', ">"),
          Map.entry('·', "-"),
          Map.entry('✓', "+"),
          Map.entry('✗', "!"),
          Map.entry('…', "..."));

  /** Rows and columns of a window. */
  record Size(int rows, int columns) {}

  private final PrintStream out;
  private final Map<String, String> environment;
  private final boolean interactive;
  private final boolean colour;
  private final boolean unicode;

  private Terminal(
      PrintStream out,
      Map<String, String> environment,
      boolean interactive,
      boolean colour,
      boolean unicode) {
    this.out = out;
    this.environment = environment;
    this.interactive = interactive;
    this.colour = colour;
    this.unicode = unicode;
  }

  /** Standard output of this process. */
  static Terminal ofProcess() {
    Map<String, String> environment = System.getenv();
    boolean dumb = environment.getOrDefault("TERM", "dumb").equals("dumb");
    boolean interactive = !dumb && succeeds("test -t 1");
    return new Terminal(
        new PrintStream(new FileOutputStream(FileDescriptor.out), false, UTF_8),
        environment,
        interactive,
        interactive && environment.getOrDefault("NO_COLOR", "").isEmpty(),
        Charset.forName(System.getProperty("native.encoding", "US-ASCII")).equals(UTF_8));
  }

  /** Whether what was written can be written over. */
  boolean interactive() {
    return interactive;
  }

  boolean colour() {
    return colour;
  }

  /** The window as it is now; people change it. */
  Size size() {
    int columns = number(environment.get("COLUMNS"), 0);
    int rows = number(environment.get("LINES"), 0);
    if (columns == 0 || rows == 0) {
      String[] answer = answerOf("stty size < /dev/tty").split(" ", -1);
      if (answer.length == 2) {
        rows = rows > 0 ? rows : number(answer[0], 0);
        columns = columns > 0 ? columns : number(answer[1], 0);
      }
    }
    return new Size(rows > 0 ? rows : DEFAULT_ROWS, columns > 0 ? columns : DEFAULT_COLUMNS);
  }

  /** Writes at once. */
  synchronized void print(String text) {
    out.print(unicode ? text : inAscii(text));
    out.flush();
  }

  void println(String text) {
    print(text + "\n");
  }

  private static String inAscii(String text) {
    StringBuilder ascii = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      ascii.append(c < 0x80 ? String.valueOf(c) : IN_ASCII.getOrDefault(c, "?"));
    }
    return ascii.toString();
  }

  private static int number(@Nullable String text, int otherwise) {
    try {
      return text == null ? otherwise : Integer.parseInt(text.strip());
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  /** Java knows of a console only where input is one too, and newer ones say yes to pipes. */
  private static boolean succeeds(String command) {
    try {
      return shell(command).redirectOutput(Redirect.INHERIT).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static String answerOf(String command) {
    try {
      Process process = shell(command).start();
      String answer = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
      return process.waitFor() == 0 ? answer : "";
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  private static ProcessBuilder shell(String command) {
    return new ProcessBuilder(List.of("sh", "-c", command)).redirectError(Redirect.DISCARD);
  }
}
