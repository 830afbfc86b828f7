/**
 * Connections to the target database: options and URIs, connection factories and their pool,
 * sessions and their handover, the driver's codecs, SQLSTATEs, and quoted names. The lowest room:
 * it knows no table of ours and none of the user's.
 */
@NullMarked
package dev.creek.consumer.postgres.session;

import org.jspecify.annotations.NullMarked;
