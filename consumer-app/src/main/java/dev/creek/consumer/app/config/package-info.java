/**
 * The settings and their values: from options and environment to plain records, in one place, with
 * all problems reported at once. It knows neither the command line's parser nor any server.
 */
@NullMarked
package dev.creek.consumer.app.config;

import org.jspecify.annotations.NullMarked;
