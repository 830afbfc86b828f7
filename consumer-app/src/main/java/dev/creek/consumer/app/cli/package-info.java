/**
 * The command line: verbs, options, output and exit codes. It uses the library through {@link
 * dev.creek.consumer.app.cli.Consumer} and knows no server itself.
 */
@NullMarked
package dev.creek.consumer.app.cli;

import org.jspecify.annotations.NullMarked;
