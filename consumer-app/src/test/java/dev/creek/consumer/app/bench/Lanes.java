package dev.creek.consumer.app.bench;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The spread of some writers' rows over tables: each writer has tables of its own, and goes from
 * one to the next with each row; a single table is everybody's.
 *
 * @param tables a multiple of the writers, or 1
 */
record Lanes(int tables, int writers) {
  /**
   * Tables of a writer at which somebody looks: looking at all of them would be most of the work.
   */
  private static final int WATCHED = 5;

  /** Their names. */
  List<String> names() {
    return IntStream.range(0, tables).mapToObj(Lanes::name).toList();
  }

  private static String name(int table) {
    return "ticks" + table;
  }

  /** Number of tables of a writer. */
  private int each() {
    return Math.max(1, tables / writers);
  }

  /** Number of tables of a writer at which somebody looks: its first ones. */
  int watched() {
    return Math.min(WATCHED, each());
  }

  /** The lane of a writer's row. */
  int lane(int id) {
    return (id - 1) % each();
  }

  /** The next row of the same lane. */
  int next(int id) {
    return id + each();
  }

  /** Tells whether somebody looks at a writer's row. */
  boolean isWatched(int id) {
    return lane(id) < WATCHED;
  }

  /** The table of a writer's lane. */
  String table(int writer, int lane) {
    return name(tables == 1 ? 0 : writer * each() + lane);
  }

  /** The last row of a lane, of so many of its writer. */
  int last(int lane, int rows) {
    return lane + 1 + (rows - 1 - lane) / each() * each();
  }
}
