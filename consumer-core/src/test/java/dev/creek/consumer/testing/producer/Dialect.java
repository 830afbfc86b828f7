package dev.creek.consumer.testing.producer;

import dev.creek.consumer.api.Generation;
import java.util.Set;

/** Which wire to speak, and with which of the real producer's defects. */
record Dialect(Generation generation, Set<Defect> defects) {
  Dialect {
    defects = Set.copyOf(defects);
  }

  boolean has(Defect defect) {
    return defects.contains(defect);
  }

  boolean isOld() {
    return generation == Generation.OLD;
  }
}
