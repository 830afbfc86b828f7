package dev.creek.consumer.testing.producer;

/**
 * A column of a source table.
 *
 * @param name its name
 * @param type its type
 * @param key whether it is flagged as part of the replica identity
 */
record SourceColumn(String name, SourceType type, boolean key) {}
