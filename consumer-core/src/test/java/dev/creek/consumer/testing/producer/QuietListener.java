package dev.creek.consumer.testing.producer;

import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Servers are killed on purpose in tests: what the client has to say about it is for debugging. */
final class QuietListener implements ErrorListener {
  private static final Logger LOG = LoggerFactory.getLogger(QuietListener.class);

  @Override
  public void errorOccurred(Connection connection, String error) {
    LOG.debug("nats: {}", error);
  }

  @Override
  public void exceptionOccurred(Connection connection, Exception exception) {
    LOG.debug("nats: {}", exception.toString());
  }
}
