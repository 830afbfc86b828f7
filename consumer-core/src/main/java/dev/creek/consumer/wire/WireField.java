package dev.creek.consumer.wire;

/**
 * A column as the wire describes it.
 *
 * @param name column name
 * @param slot encoding of its value
 * @param pgType PostgreSQL type name as published ({@code int4}, {@code _text}, …); of another
 *     table if fingerprints collide
 * @param key whether the source flags it as part of the replica identity
 * @param repeated whether an earlier field of the record has the same name: decoded, then ignored
 */
public record WireField(
    String name, WireType.Slot slot, String pgType, boolean key, boolean repeated) {}
