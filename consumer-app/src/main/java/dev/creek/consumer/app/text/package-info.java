/** Forms of text that the command line and the status page both write. */
@NullMarked
package dev.creek.consumer.app.text;

import org.jspecify.annotations.NullMarked;
