/**
 * The service: starts the consumer from a command line and a configuration. It knows only the
 * facade of the library. This package contains what belongs to the process: entry point, log,
 * signals, terminal.
 */
@NullMarked
package dev.creek.consumer.app;

import org.jspecify.annotations.NullMarked;
