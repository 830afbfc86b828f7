/** Commands and their subjects: mappings and targets. Knows neither broker nor database. */
@NullMarked
package dev.creek.consumer.control;

import org.jspecify.annotations.NullMarked;
