package dev.creek.consumer.app;

import dev.creek.consumer.app.cli.Consumer;
import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.metrics.Recorder;

/** placeholder */
final class FacadeConsumer {
  private FacadeConsumer() {}

  @SuppressWarnings("DoNotCallSuggester")
  static Consumer create(Configuration configuration, Recorder recorder) {
    throw new UnsupportedOperationException();
  }
}
