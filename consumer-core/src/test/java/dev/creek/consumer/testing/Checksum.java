package dev.creek.consumer.testing;

import java.math.BigDecimal;

/**
 * What a table holds, boiled down by its server.
 *
 * @param rows how many
 * @param sum the sum over all rows of half the MD5 of each: rows of the same values in another
 *     order have the same sum, and no sorting is needed
 */
record Checksum(long rows, BigDecimal sum) {}
