package dev.creek.consumer.groups;

import dev.creek.consumer.testing.InvariantObserver.Invariant;
import java.util.List;
import java.util.Random;

/** Source transactions over several tables that keep an invariant. */
interface Workload {
  /** Statements that create the target's tables, in the schema {@code copy}. */
  List<String> ddl();

  /** What every transaction keeps. */
  Invariant invariant();

  /** Names of its tables. */
  List<String> tables();

  /** One transaction, of a few rows in each of its tables. */
  void small(Random random);

  /** One transaction of a hundred rows or more. */
  void large(Random random);
}
