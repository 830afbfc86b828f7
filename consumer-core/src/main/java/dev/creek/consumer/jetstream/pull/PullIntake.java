package dev.creek.consumer.jetstream.pull;

import io.nats.client.MessageHandler;
import reactor.core.Disposable;

/**
 * The intake of one consumer's messages.
 *
 * @param handler to be subscribed, on the client's dispatcher, to the subject to which the consumer
 *     sends
 * @param registration ends the intake when disposed: the receiver gets nothing more
 */
public record PullIntake(MessageHandler handler, Disposable registration) {}
