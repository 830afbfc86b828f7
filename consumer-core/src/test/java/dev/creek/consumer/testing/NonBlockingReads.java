package dev.creek.consumer.testing;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Calls that BlockHound takes for blocking and that are not: the driver's SCRAM handshake draws a
 * nonce, for which the JDK reads {@code /dev/urandom}.
 */
public final class NonBlockingReads implements BlockHoundIntegration {
  @Override
  public void applyTo(BlockHound.Builder builder) {
    builder.allowBlockingCallsInside("java.security.SecureRandom", "nextBytes");
  }
}
