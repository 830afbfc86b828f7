package dev.creek.consumer.testing;

import java.nio.file.Path;
import java.util.OptionalLong;

/** Where a {@link NatsServer} runs. Each method is called by one thread at a time. */
sealed interface NatsRuntime permits LocalNats, ContainerNats, ExternalNats {

  /** Starts the server, or starts it again on the same port and store; returns when it is ready. */
  void start();

  /** Ends the server in order. */
  void stop();

  /** Ends the server as a power cut of the process would. */
  void kill();

  /** Ends the server and removes its store if that is its own; may be called again. */
  void close();

  boolean canRestart();

  boolean isRunning();

  /** The process, for measurements; empty if it does not run, or not as a process of ours. */
  OptionalLong pid();

  String host();

  int port();

  /** The port of the monitoring pages. */
  int monitoringPort();

  Path storeDir();

  /** The last lines of the server's log, for messages. */
  String logTail();
}
