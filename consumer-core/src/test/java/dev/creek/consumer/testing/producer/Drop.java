package dev.creek.consumer.testing.producer;

import dev.creek.consumer.wire.Operation;

/**
 * A message that was not published: the wire cannot carry it, or a {@link Defect} lost it.
 *
 * @param namespace PostgreSQL schema of the table
 * @param table the table
 * @param operation what happened to the row; READ for a row of a snapshot
 * @param reason what kind of value or name it was; never a value
 * @param transactionId of the source transaction
 */
public record Drop(
    String namespace, String table, Operation operation, String reason, long transactionId) {}
