package dev.creek.consumer.jetstream;

import dev.creek.consumer.stream.StreamIdentity;

/** A consumer at the broker. */
record PullConsumer(StreamIdentity stream, String name) {}
