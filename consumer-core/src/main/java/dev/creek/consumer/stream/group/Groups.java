package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.ByteShares;
import dev.creek.consumer.stream.ChangeLog;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.stream.TargetTables;
import dev.creek.consumer.stream.batch.Linger;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/** All groups of an instance. Thread-safe. */
public final class Groups {
  /**
   * The batch of a group is as large as those of so many tables: the cost of a statement is shared
   * by the rows of one table only.
   */
  private static final int TABLES = 4;

  private final ConcurrentMap<TableGroup, Group> known = new ConcurrentHashMap<>();
  private final ChangeLog changes;
  private final TargetTables targets;
  private final PipelineOptions options;
  private final Scheduler scheduler;
  private final BatchLimits limits;
  private final ByteShares batchBytes;

  /**
   * Groups as the options say.
   *
   * @param scheduler threads for decoding, folding and transcoding
   */
  public Groups(
      ChangeLog changes, TargetTables targets, PipelineOptions options, Scheduler scheduler) {
    this.changes = changes;
    this.targets = targets;
    this.options = options;
    this.scheduler = scheduler;
    this.limits = options.limits().times(TABLES);
    this.batchBytes = ByteShares.of(limits.bytes());
  }

  /** The group of a table; null if it is applied alone. */
  public @Nullable Group of(@Nullable TableGroup group) {
    return group == null ? null : known.computeIfAbsent(group, this::group);
  }

  private Group group(TableGroup group) {
    return new Group(
        new GroupPorts(
            group.database(),
            !group.name().equals(group.database()),
            changes,
            targets,
            limits,
            Linger.ofTables(options.linger()),
            scheduler,
            batchBytes));
  }
}
