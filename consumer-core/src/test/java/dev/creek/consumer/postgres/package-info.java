/** Tests of the target database's side, on real servers. */
@NullMarked
package dev.creek.consumer.postgres;

import org.jspecify.annotations.NullMarked;
