package dev.creek.consumer.stream.group;

import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.ByteShares;
import dev.creek.consumer.stream.ChangeLog;
import dev.creek.consumer.stream.TargetTables;
import dev.creek.consumer.stream.batch.Linger;
import reactor.core.scheduler.Scheduler;

/**
 * What a group works with.
 *
 * @param database the source database whose changes it reads
 * @param named whether somebody gave it its name: then its tables are applied together or not at
 *     all; otherwise they are applied alone where the broker refuses to read all together
 * @param limits bounds of a batch
 * @param linger of its transactions
 * @param scheduler threads for decoding, folding and transcoding
 * @param batchBytes bytes that all batches being gathered may hold
 */
record GroupPorts(
    String database,
    boolean named,
    ChangeLog changes,
    TargetTables targets,
    BatchLimits limits,
    Linger linger,
    Scheduler scheduler,
    ByteShares batchBytes) {}
