/**
 * The service: starts the consumer from a command line and a configuration. It knows the facade of
 * the library, never its insides. This package holds what belongs to the process: entry point, log,
 * signals, terminal.
 */
@NullMarked
package dev.creek.consumer.app;

import org.jspecify.annotations.NullMarked;
