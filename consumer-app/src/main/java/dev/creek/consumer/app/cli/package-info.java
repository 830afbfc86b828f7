/**
 * The command line: verbs, options, what they print and their exit codes. It asks the library
 * through {@link dev.creek.consumer.app.cli.Consumer} and knows no server itself.
 */
@NullMarked
package dev.creek.consumer.app.cli;

import org.jspecify.annotations.NullMarked;
