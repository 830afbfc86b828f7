/**
 * Reading a source's changes as a {@link reactor.core.publisher.Flux}: by source transaction, in
 * batches or one by one, from a stored position, with or without a snapshot before them. {@link
 * dev.creek.consumer.source.CreekSource} is the door.
 */
@NullMarked
package dev.creek.consumer.source;

import org.jspecify.annotations.NullMarked;
