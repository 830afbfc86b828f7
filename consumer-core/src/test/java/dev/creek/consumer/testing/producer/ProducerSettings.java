package dev.creek.consumer.testing.producer;

import java.util.List;

/**
 * What a producer was told.
 *
 * @param database the source database's name on the wire
 * @param tables what to publish, as SQL writes it; empty for all tables
 * @param inFlightMessages how many messages may wait for JetStream's acknowledgement
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
    int inFlightMessages) {}
