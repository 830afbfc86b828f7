package dev.creek.consumer.testing;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Calls that BlockHound takes for blocking and that wait for nobody. The driver's SCRAM handshake
 * draws a nonce, for which the JDK reads {@code /dev/urandom}. Netty's allocator, when threads
 * contend for its arenas, adds some and locks each old one for a few instructions; a scheduler that
 * is disposed of while a task is handed to it locks itself for as long. (The libraries allow their
 * other such places themselves.)
 */
public final class HarmlessCalls implements BlockHoundIntegration {
  @Override
  public void applyTo(BlockHound.Builder builder) {
    builder
        .allowBlockingCallsInside("java.security.SecureRandom", "nextBytes")
        .allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator$Magazine", "free")
        .allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "shutdownNow")
        .allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "tryTerminate");
  }
}
