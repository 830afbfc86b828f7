package dev.creek.consumer.app.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.creek.consumer.app.text.JsonText;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The status at a moment, as JSON in pieces, so that two moments can be compared and only what
 * changed be sent. Immutable.
 *
 * @param at the moment
 * @param sections by name, each as JSON
 * @param tables by target, each as JSON
 * @param rates changes a second, oldest first, of the tables that are handled here
 * @param samples how many steps of the rates have ended
 */
record StatusView(
    Instant at,
    Map<String, String> sections,
    SortedMap<String, String> tables,
    Map<String, double[]> rates,
    long samples) {

  private static final double TENTH = 10.0;

  /** Everything. */
  String full() {
    return JsonText.COMPACT.object(
        json -> {
          head(json, true);
          for (Map.Entry<String, String> section : sections.entrySet()) {
            raw(json, section.getKey(), section.getValue());
          }
          tables(json, List.copyOf(tables.values()));
          history(json);
        });
  }

  /** What has changed since then; null where nothing has. */
  @Nullable String since(StatusView before) {
    List<Map.Entry<String, String>> changed =
        sections.entrySet().stream()
            .filter(e -> !Objects.equals(before.sections().get(e.getKey()), e.getValue()))
            .toList();
    List<String> newer =
        tables.entrySet().stream()
            .filter(e -> !e.getValue().equals(before.tables().get(e.getKey())))
            .map(Map.Entry::getValue)
            .toList();
    List<String> removed =
        before.tables().keySet().stream().filter(t -> !tables.containsKey(t)).toList();
    boolean sampled = samples != before.samples();
    if (changed.isEmpty() && newer.isEmpty() && removed.isEmpty() && !sampled) {
      return null;
    }
    return JsonText.COMPACT.object(
        json -> {
          head(json, false);
          for (Map.Entry<String, String> section : changed) {
            raw(json, section.getKey(), section.getValue());
          }
          tables(json, newer);
          json.writeArrayFieldStart("removed");
          for (String target : removed) {
            json.writeString(target);
          }
          json.writeEndArray();
          if (samples == before.samples() + 1) {
            latest(json);
          } else if (sampled) {
            history(json);
          }
        });
  }

  private void head(JsonGenerator json, boolean full) throws IOException {
    json.writeBooleanField("full", full);
    json.writeStringField("at", at.toString());
  }

  private static void tables(JsonGenerator json, List<String> some) throws IOException {
    json.writeArrayFieldStart("tables");
    for (String table : some) {
      json.writeRawValue(table);
    }
    json.writeEndArray();
  }

  private static void raw(JsonGenerator json, String name, String value) throws IOException {
    json.writeFieldName(name);
    json.writeRawValue(value);
  }

  /** Tables without a point had none that was not 0. */
  private void history(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("history");
    json.writeNumberField("seconds", Rates.STEP.toSeconds());
    json.writeNumberField("points", Rates.POINTS);
    json.writeObjectFieldStart("rates");
    for (Map.Entry<String, double[]> table : rates.entrySet()) {
      double[] points = table.getValue();
      if (isSome(points)) {
        json.writeArrayFieldStart(table.getKey());
        for (double point : points) {
          json.writeNumber(rounded(point));
        }
        json.writeEndArray();
      }
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private static boolean isSome(double[] points) {
    for (double point : points) {
      if (point != 0) {
        return true;
      }
    }
    return false;
  }

  /** The newest point of each table; 0 where it is left out. */
  private void latest(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("latest");
    for (Map.Entry<String, double[]> table : rates.entrySet()) {
      double point = table.getValue()[Rates.POINTS - 1];
      if (point != 0) {
        json.writeNumberField(table.getKey(), rounded(point));
      }
    }
    json.writeEndObject();
  }

  /** A tenth is enough for people, and short. */
  static double rounded(double value) {
    return Math.round(value * TENTH) / TENTH;
  }
}
