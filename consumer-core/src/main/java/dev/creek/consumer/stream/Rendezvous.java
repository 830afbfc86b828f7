package dev.creek.consumer.stream;

import dev.creek.consumer.api.Grouping;
import java.util.Set;

/**
 * Rendezvous hashing: each instance has a weight for each unit, a table or a group of tables, and
 * the one with the greatest weight takes it. Instances that know the same members agree without
 * communicating. When one goes, only its units move, spread over all others. When one comes, it
 * takes its share from each, and nothing moves between the others.
 *
 * <p>Instances of different versions must agree on the weights, so they never change.
 *
 * @param self the instance whose share it is
 * @param members all instances; without {@code self} the share is empty
 * @param grouping see {@link Replicas.Share#grouping}
 */
public record Rendezvous(String self, Set<String> members, Grouping grouping)
    implements Replicas.Share {
  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  public Rendezvous {
    members = Set.copyOf(members);
  }

  /** Of instances that apply each table alone. */
  public Rendezvous(String self, Set<String> members) {
    this(self, members, Grouping.TABLE);
  }

  @Override
  public boolean ownsUnit(String unit) {
    if (!members.contains(self)) {
      return false;
    }
    long own = weight(self, unit);
    return members.stream().noneMatch(other -> beats(other, weight(other, unit), own));
  }

  private boolean beats(String other, long weight, long own) {
    return weight > own || (weight == own && other.compareTo(self) > 0);
  }

  /**
   * FNV-1a over both names, then MurmurHash3's finalizer: it mixes names well that differ little.
   */
  private static long weight(String instance, String unit) {
    long hash = fnv(fnv(FNV_OFFSET, instance) * FNV_PRIME, unit);
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return hash ^ (hash >>> 33);
  }

  private static long fnv(long hash, String text) {
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * FNV_PRIME;
    }
    return hash;
  }
}
