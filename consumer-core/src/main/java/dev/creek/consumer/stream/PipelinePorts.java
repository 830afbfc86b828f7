package dev.creek.consumer.stream;

import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.TableEvent;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Everything outside of a line that it works with; all lines share it.
 *
 * @param batchBytes what all batches that are being gathered may hold
 * @param scheduler where changes are decoded, folded and transcoded
 * @param stopAll ends every line
 */
public record PipelinePorts(
    ChangeLog changes,
    SnapshotLog snapshotLog,
    TargetTables targets,
    SnapshotTables snapshotTables,
    Replicas replicas,
    Schemas schemas,
    PipelineOptions options,
    ByteShares batchBytes,
    Scheduler scheduler,
    MetricsRecorder recorder,
    Consumer<TableEvent> events,
    Mono<Void> stopAll) {}
