package dev.creek.consumer.testing;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Calls that BlockHound takes for blocking and that wait for nobody: the driver's SCRAM handshake
 * draws a nonce, for which the JDK reads {@code /dev/urandom}; Netty's allocator, when threads
 * contend for its arenas, adds some and locks each old one for a few instructions (Netty allows its
 * other such places itself).
 */
public final class HarmlessCalls implements BlockHoundIntegration {
  @Override
  public void applyTo(BlockHound.Builder builder) {
    builder
        .allowBlockingCallsInside("java.security.SecureRandom", "nextBytes")
        .allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator$Magazine", "free");
  }
}
