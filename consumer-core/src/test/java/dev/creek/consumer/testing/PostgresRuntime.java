package dev.creek.consumer.testing;

import java.util.OptionalLong;

/** Where a {@link PostgresServer} runs. Each method is called by one thread at a time. */
sealed interface PostgresRuntime permits LocalPostgres, ContainerPostgres, ExternalPostgres {

  /** Starts the server, or starts it again on the same port and data; returns when it is ready. */
  void start();

  /** Ends the server in order: open transactions are rolled back and the data is written. */
  void stop();

  /** Ends the server as a power cut of the process would. */
  void kill();

  /** Ends the server and removes its data; without effect if that has been done. */
  void close();

  boolean canRestart();

  boolean isRunning();

  /** The process, for measurements; empty if it does not run, or not as a process of ours. */
  OptionalLong pid();

  String host();

  int port();

  String user();

  String password();

  /** The last lines of the server's log, for messages. */
  String logTail();
}
