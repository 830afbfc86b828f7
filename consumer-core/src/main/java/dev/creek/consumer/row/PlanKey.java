package dev.creek.consumer.row;

/**
 * The target's key that a plan folds and upserts by.
 *
 * @param unique the unique index
 * @param proof whether rows that the source keeps apart can meet in one row by it
 * @param remedy what to do where they do
 */
record PlanKey(UniqueKey unique, Proof proof, String remedy) {
  enum Proof {
    /**
     * The source has the same key, and the target calls nothing equal that the source tells apart.
     */
    PROVEN,
    /**
     * The wire does not say: a row that comes into being where the target has one already is a
     * collision, unless changes are applied again.
     */
    ASSUMED
  }
}
