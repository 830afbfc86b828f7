package dev.creek.consumer.app.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.api.Verification.Difference;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Comparisons as text or JSON. */
final class VerificationReport {
  private VerificationReport() {}

  /**
   * The outcome of one comparison: either {@code found} or {@code failure}.
   *
   * @param found its result
   * @param failure why there is none
   */
  record Outcome(Mapping mapping, @Nullable Verification found, @Nullable String failure) {
    boolean isEqual() {
      return found != null && found.equal();
    }
  }

  /** Prints all; returns the exit code. */
  static int print(List<Outcome> outcomes, boolean json, Terminal terminal) {
    if (json) {
      terminal.print(json(outcomes));
    }
    for (Outcome outcome : outcomes) {
      if (outcome.failure() != null) {
        terminal.complain(outcome.mapping() + ": " + outcome.failure());
      } else if (!json && outcome.found() != null) {
        print(outcome.found(), terminal);
      }
    }
    return outcomes.stream().allMatch(Outcome::isEqual) ? ExitCode.OK : ExitCode.FAILED;
  }

  private static void print(Verification found, Terminal terminal) {
    terminal.print(found.mapping() + ": " + verdict(found));
    if (!found.notCompared().isEmpty()) {
      terminal.print("  not compared: " + String.join(", ", found.notCompared()));
    }
    for (Difference difference : found.differences()) {
      terminal.print("  " + described(difference));
    }
    if (found.more()) {
      terminal.print("  … and more");
    }
  }

  private static String verdict(Verification found) {
    String repaired =
        (found.repaired() == 0 ? "" : ", " + Amount.of(found.repaired()) + " repaired")
            + (found.marksCleared() == 0 ? "" : "; it is no longer incomplete");
    return found.equal()
        ? "equal, " + Amount.rows(found.targetRows()) + repaired
        : "different; "
            + Amount.rows(found.sourceRows())
            + " on the source, "
            + Amount.of(found.targetRows())
            + " on the target"
            + repaired;
  }

  private static String described(Difference difference) {
    String what =
        switch (difference.kind()) {
          case MISSING -> "is missing on the target";
          case UNEXPECTED -> "is only on the target";
          case DIFFERENT -> "differs";
          case CHANGING -> "changes all the time: compare again when there are fewer changes";
        };
    String key = String.join(", ", difference.key()).replaceAll("\\p{Cntrl}", "?");
    return difference.key().isEmpty()
        ? Amount.rows(difference.rows()) + ": each " + what
        : "(" + key + ") " + what;
  }

  private static String json(List<Outcome> outcomes) {
    var text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      json.setPrettyPrinter(new DefaultPrettyPrinter());
      json.writeStartArray();
      for (Outcome outcome : outcomes) {
        write(json, outcome);
      }
      json.writeEndArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, Outcome outcome) throws IOException {
    json.writeStartObject();
    json.writeStringField("source", outcome.mapping().source().toString());
    json.writeStringField("target", outcome.mapping().target().toString());
    json.writeBooleanField("equal", outcome.isEqual());
    json.writeStringField("error", outcome.failure());
    Verification found = outcome.found();
    if (found != null) {
      json.writeNumberField("source_rows", found.sourceRows());
      json.writeNumberField("target_rows", found.targetRows());
      json.writeNumberField("repaired", found.repaired());
      json.writeNumberField("marks_cleared", found.marksCleared());
      json.writeBooleanField("more", found.more());
      json.writeArrayFieldStart("not_compared");
      for (String column : found.notCompared()) {
        json.writeString(column);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("differences");
      for (Difference difference : found.differences()) {
        write(json, difference);
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Difference difference) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", difference.kind().name().toLowerCase(Locale.ROOT));
    json.writeArrayFieldStart("key");
    for (String part : difference.key()) {
      json.writeString(part);
    }
    json.writeEndArray();
    json.writeNumberField("rows", difference.rows());
    json.writeEndObject();
  }
}
