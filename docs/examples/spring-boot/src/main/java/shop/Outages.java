package shop;

import dev.creek.consumer.source.SourceListener;
import org.springframework.stereotype.Component;

/** The state of reading, for the health indicator. */
@Component
public class Outages implements SourceListener {
  private volatile String reason = "reading has not begun";

  @Override
  public void reading(String database, long pending) {
    reason = null;
  }

  @Override
  public void interrupted(String database, String why, String hint) {
    reason = why;
  }

  /** The cause why nothing is read now; null if it is. */
  public String reason() {
    return reason;
  }
}
