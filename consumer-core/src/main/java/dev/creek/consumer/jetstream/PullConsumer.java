package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.Position.StreamIdentity;

/** A consumer at the broker. */
record PullConsumer(StreamIdentity stream, String name) {}
