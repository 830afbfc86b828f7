package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Redaction;
import java.io.PrintWriter;

/**
 * The output: data goes to {@code out}, everything else to {@code err}.
 *
 * @param out standard output
 * @param err standard error
 * @param colourOut whether {@code out} is a terminal whose user wants colour
 * @param colourErr whether {@code err} is
 */
public record Terminal(PrintWriter out, PrintWriter err, boolean colourOut, boolean colourErr) {

  /** Prints a line of data. */
  void print(String line) {
    out.println(line);
    out.flush();
  }

  /** Prints an error, without secrets. */
  void complain(String message) {
    remark("creek-consumer: " + message);
  }

  /** Prints a remark, without secrets. */
  void remark(String line) {
    err.println(Redaction.redact(line));
    err.flush();
  }
}
