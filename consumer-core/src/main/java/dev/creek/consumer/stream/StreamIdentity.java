package dev.creek.consumer.stream;

import java.time.Instant;

/**
 * Which JetStream stream a sequence belongs to: a deleted and recreated stream has the same name
 * and another creation time.
 */
public record StreamIdentity(String name, Instant created) {}
