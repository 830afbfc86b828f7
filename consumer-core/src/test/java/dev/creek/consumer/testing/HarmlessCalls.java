package dev.creek.consumer.testing;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Calls that BlockHound takes for blocking and that wait for nobody. The driver's SCRAM handshake
 * draws a nonce, for which the JDK reads {@code /dev/urandom}. Netty's allocator, when threads
 * contend for its arenas, adds some and locks each old one for a few instructions; a scheduler that
 * is disposed of while a task is handed to it locks itself for as long, and so does one whose timer
 * is cancelled. (The libraries allow their other such places themselves.)
 *
 * <p>What is not allowed here ends more than the one test: the error leaves the lock behind with a
 * waiter that nobody will wake, so that all who come after it wait for ever.
 */
public final class HarmlessCalls implements BlockHoundIntegration {
  private static final String TIMERS =
      "java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue";

  @Override
  public void applyTo(BlockHound.Builder builder) {
    builder
        .allowBlockingCallsInside("java.security.SecureRandom", "nextBytes")
        .allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator$Magazine", "free")
        .allowBlockingCallsInside(TIMERS, "offer")
        .allowBlockingCallsInside(TIMERS, "remove")
        .allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "shutdownNow")
        .allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "tryTerminate");
  }
}
