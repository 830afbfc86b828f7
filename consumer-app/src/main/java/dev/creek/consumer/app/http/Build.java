package dev.creek.consumer.app.http;

import java.time.Instant;

/**
 * The running program.
 *
 * @param version of this program
 * @param java of the JVM
 * @param started time when the process began to serve
 */
public record Build(String version, String java, Instant started) {

  /** This process, started now. */
  public static Build of(String version) {
    return new Build(version, System.getProperty("java.version", "?"), Instant.now());
  }
}
