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

  private final Rig rig;
  private final ObjectMapper json = new ObjectMapper();

  Inputs(Rig rig) {
    this.rig = rig;
  }

  /** The input, waiting in JetStream. */
  Input open(Dataset dataset) {
    Map<String, String> known = known(dataset);
    if (known != null) {
      return new Input(dataset, known, null);
    }
    Feed feed = Feed.of(rig, dataset);
    Map<String, String> contents = Contents.of(feed.source(), dataset);
    remember(dataset, contents);
    return new Input(dataset, contents, feed);
  }

  void close(Input input) {
    if (input.feed() != null) {
      input.feed().close();
    }
  }

  private @Nullable Map<String, String> known(Dataset dataset) {
    JsonNode contents = notes().path(key(dataset));
    if (contents.isMissingNode()) {
      return null;
    }
    Map<String, String> known = new LinkedHashMap<>();
    contents.properties().forEach(e -> known.put(e.getKey(), e.getValue().textValue()));
    return known;
  }

  private void remember(Dataset dataset, Map<String, String> contents) {
    Path file = file();
    if (file == null) {
      return;
    }
    ObjectNode notes = notes();
    ObjectNode of = notes.putObject(key(dataset));
    contents.forEach(of::put);
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
