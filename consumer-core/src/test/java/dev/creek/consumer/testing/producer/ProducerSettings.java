package dev.creek.consumer.testing.producer;

import java.time.Duration;
import java.util.List;

/**
 * What a producer was told.
 *
 * @param database the source database's name on the wire
 * @param tables what to publish, as SQL writes it; empty for all tables
 * @param inFlightMessages how many messages may wait for JetStream's acknowledgement
 * @param clockOffset how far the source's clock seems to be ahead of its real one
 */
record ProducerSettings(
    Source source,
    String database,
    String publication,
    String slot,
    List<String> tables,
    String natsUri,
    String namespace,
    Dialect dialect,
    int inFlightMessages,
    Duration clockOffset) {}
