package dev.creek.consumer.app.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Inputs for scenarios, made when they are needed. With a store that is kept, what was made is
 * written down beside it; what is found there is not made again, and only consumers can be timed on
 * it, for its source is gone.
 */
final class Inputs {
  private static final String NOTES = "benchmark.json";
  private static final String CONTENTS = "contents";
  private static final String TOPIC = "snapshot";

  private final Rig rig;
  private final ObjectMapper json = new ObjectMapper();

  Inputs(Rig rig) {
    this.rig = rig;
  }

  /** Changes, waiting in JetStream. */
  Input open(Dataset dataset) {
    JsonNode known = notes().path(key(dataset));
    if (!known.isMissingNode()) {
      return new Input(dataset, null, contents(known), null);
    }
    return keep(Feed.of(rig, dataset), dataset, null);
  }

  /** A snapshot, waiting in JetStream. */
  Input openSnapshot(Dataset dataset, Snapshot.Mode mode) {
    JsonNode known = notes().path(key(dataset));
    if (!known.isMissingNode()) {
      String topic = known.path(TOPIC).textValue();
      return new Input(dataset, new Input.Published(topic, mode), contents(known), null);
    }
    Feed feed = Feed.ofSnapshot(rig, dataset);
    return keep(feed, dataset, new Input.Published(feed.topic(), mode));
  }

  private Input keep(Feed feed, Dataset dataset, Input.@Nullable Published snapshot) {
    Map<String, String> contents = Contents.of(feed.source(), dataset);
    remember(dataset, contents, snapshot);
    return new Input(dataset, snapshot, contents, feed);
  }

  void close(Input input) {
    if (input.feed() != null) {
      input.feed().close();
    }
  }

  private static Map<String, String> contents(JsonNode known) {
    Map<String, String> contents = new LinkedHashMap<>();
    known
        .path(CONTENTS)
        .properties()
        .forEach(table -> contents.put(table.getKey(), table.getValue().textValue()));
    return contents;
  }

  private void remember(
      Dataset dataset, Map<String, String> contents, Input.@Nullable Published snapshot) {
    Path file = file();
    if (file == null) {
      return;
    }
    ObjectNode notes = notes();
    ObjectNode of = notes.putObject(key(dataset));
    contents.forEach(of.putObject(CONTENTS)::put);
    if (snapshot != null) {
      of.put(TOPIC, snapshot.topic());
    }
    try {
      json.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), notes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same name at another scale would be another input in the same stream. */
  private String key(Dataset dataset) {
    return dataset.name() + "/" + dataset.changes() + "/" + rig.options().generation();
  }

  private ObjectNode notes() {
    Path file = file();
    try {
      return file != null && Files.exists(file)
          ? (ObjectNode) json.readTree(file.toFile())
          : json.createObjectNode();
    } catch (IOException e) {
      throw new UncheckedIOException("not the notes of a benchmark: " + file, e);
    }
  }

  private @Nullable Path file() {
    Path store = rig.options().store();
    return store == null ? null : store.resolve(NOTES);
  }
}
