package dev.creek.consumer.stream;

import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.TableEvent;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The ports, options and resources of a pipeline; all pipelines share them.
 *
 * @param batchBytes bytes that all batches being gathered may hold
 * @param scheduler threads for decoding, folding and transcoding
 * @param stopAll ends every pipeline
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
