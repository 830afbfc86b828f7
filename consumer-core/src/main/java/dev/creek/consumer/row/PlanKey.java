package dev.creek.consumer.row;

/**
 * The target's key by which a plan folds and upserts.
 *
 * @param unique the unique index
 * @param proof whether two rows of the source can have the same key
 * @param remedy what to do if they do
 */
record PlanKey(UniqueKey unique, Proof proof, String remedy) {
  enum Proof {
    /** The source has the same key, and the target's equality is no coarser than the source's. */
    PROVEN,
    /**
     * The wire does not show it: if a new row has the key of an existing one, it is a collision,
     * unless changes are applied again.
     */
    ASSUMED
  }
}
