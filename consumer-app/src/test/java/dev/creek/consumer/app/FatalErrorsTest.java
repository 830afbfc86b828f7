package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class FatalErrorsTest {
  private final AtomicInteger exits = new AtomicInteger();
  private final FatalErrors errors = new FatalErrors(exits::incrementAndGet);

  @Test
  void endTheProcessOnce() {
    errors.escaped(Thread.currentThread(), new OutOfMemoryError("for a test"));
    errors.escaped(Thread.currentThread(), new NoClassDefFoundError("for a test"));
    assertThat(exits).hasValue(1);
  }

  @Test
  void ordinaryExceptionsDoNot() {
    errors.escaped(Thread.currentThread(), new IllegalStateException("for a test"));
    assertThat(exits).hasValue(0);
  }
}
