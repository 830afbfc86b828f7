package dev.creek.consumer.testing;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Makes {@link Patience#LIMIT} what Awaitility waits for; found by JUnit itself. */
public final class AwaitedPatiently implements BeforeAllCallback {
  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultTimeout(Patience.LIMIT);
  }
}
