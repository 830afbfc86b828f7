package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Redaction;
import java.io.PrintWriter;

/**
 * Where words go: data to {@code out}, all else to {@code err}.
 *
 * @param out standard output
 * @param err standard error
 * @param colourOut whether {@code out} is read by a person who wants colour
 * @param colourErr whether {@code err} is
 */
public record Terminal(PrintWriter out, PrintWriter err, boolean colourOut, boolean colourErr) {

  /** Prints a line of data. */
  void print(String line) {
    out.println(line);
    out.flush();
  }

  /** Says what went wrong, without secrets. */
  void complain(String message) {
    remark("creek-consumer: " + message);
  }

  /** Says something beside the data, without secrets. */
  void remark(String line) {
    err.println(Redaction.redact(line));
    err.flush();
  }
}
