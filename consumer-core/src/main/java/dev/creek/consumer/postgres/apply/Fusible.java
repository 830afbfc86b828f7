package dev.creek.consumer.postgres.apply;

import io.r2dbc.spi.Statement;
import java.util.List;

/** A table's part of a statement that writes several tables. */
interface Fusible {
  /** Determines the part's text, but for names and numbers. */
  Object key();

  /**
   * The part's text.
   *
   * @param prefix of all its names
   * @param from the relation for which its rows wait, and a comma
   * @param parameter number of its first parameter
   */
  Piece piece(String prefix, String from, int parameter);

  /** Number of its parameters. */
  int parameters();

  /** Binds them, from an index on. */
  void bind(Statement statement, int index);

  /**
   * Parts of a statement.
   *
   * @param parts common table expressions
   * @param checks conditions that hold if all rows were touched
   */
  record Piece(List<String> parts, List<String> checks) {
    static final Piece NONE = new Piece(List.of(), List.of());
  }

  /** Nothing but a position. */
  Fusible NOTHING =
      new Fusible() {
        @Override
        public Object key() {
          return "position";
        }

        @Override
        public Piece piece(String prefix, String from, int parameter) {
          return Piece.NONE;
        }

        @Override
        public int parameters() {
          return 0;
        }

        @Override
        public void bind(Statement statement, int index) {}
      };
}
