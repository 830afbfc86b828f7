package dev.creek.consumer.jetstream.pull;

import io.nats.client.MessageHandler;
import reactor.core.Disposable;

/**
 * One consumer's messages on their way in.
 *
 * @param handler to be subscribed, on the client's dispatcher, to the subject that the consumer
 *     answers to
 * @param registration ends the way when disposed: the receiver gets nothing more
 */
public record PullIntake(MessageHandler handler, Disposable registration) {}
