/**
 * Words for people that every other package may use: errors of libraries in plain language, the
 * commands that help, and names that may have been meant. Depends on the JDK alone.
 */
@NullMarked
package dev.creek.consumer.text;

import org.jspecify.annotations.NullMarked;
