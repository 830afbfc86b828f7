/**
 * The packaged service between real servers that are killed, cut and changed under load, and what
 * must hold at the end all the same.
 */
@NullMarked
package dev.creek.consumer.app.chaos;

import org.jspecify.annotations.NullMarked;
