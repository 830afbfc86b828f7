package dev.creek.consumer.testing;

import java.time.Duration;

/**
 * How long tests wait for what is to happen. They wait by looking, so it costs nothing where all is
 * well, and it is no measure of speed: it only keeps a test that will never pass from hanging.
 */
public final class Patience {
  private static final String PROPERTY = "creek.test.patience";
  private static final int SECONDS = 180;

  /** The system property {@value #PROPERTY} in seconds, else {@value #SECONDS}. */
  public static final Duration LIMIT = Duration.ofSeconds(Settings.integer(PROPERTY, SECONDS));

  private Patience() {}
}
