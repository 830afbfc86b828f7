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
 * @param limits bounds of a batch
 * @param linger of its transactions
 * @param scheduler threads for decoding, folding and transcoding
 * @param batchBytes bytes that all batches being gathered may hold
 */
record GroupPorts(
    String database,
    ChangeLog changes,
    TargetTables targets,
    BatchLimits limits,
    Linger linger,
    Scheduler scheduler,
    ByteShares batchBytes) {}
