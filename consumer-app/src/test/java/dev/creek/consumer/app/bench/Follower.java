package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;

/** Who can follow a source while it changes. */
interface Follower {

  /** As it is called in options and reports. */
  String name();

  /**
   * Follows a source from now on.
   *
   * @param source has the dataset's tables, and a publication of them
   * @param target has the same tables
   */
  Following follow(PostgresDatabase source, PostgresDatabase target, Dataset dataset);

  /** Closing it ends it. */
  interface Following extends AutoCloseable {

    /** Adds what has been used since it began to follow, and ends it. */
    Measured end(Measured run);

    @Override
    void close();
  }
}
