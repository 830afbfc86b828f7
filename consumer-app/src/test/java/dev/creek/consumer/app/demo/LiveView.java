package dev.creek.consumer.app.demo;

import java.time.Duration;
import java.util.List;

/** A picture that is drawn over and over in the same place. */
final class LiveView implements View {

  private static final String HIDE_CURSOR = "\u001b[?25l";
  private static final String SHOW_CURSOR = "\u001b[?25h";
  private static final String NO_WRAPPING = "\u001b[?7l";
  private static final String WRAPPING = "\u001b[?7h";
  private static final String TO_END_OF_LINE = "\u001b[K";
  private static final String TO_END_OF_SCREEN = "\u001b[J";

  /** Asking for it starts a process. */
  private static final Duration BETWEEN_SIZES = Duration.ofSeconds(1);

  private final Terminal terminal;
  private final Picture picture;
  private Terminal.Size size = new Terminal.Size(0, 0);
  private Duration nextSize = Duration.ZERO;
  private int drawn;

  LiveView(Terminal terminal) {
    this.terminal = terminal;
    this.picture = new Picture(terminal.colour());
  }

  @Override
  public void show(Sample sample) {
    if (sample.elapsed().compareTo(nextSize) >= 0) {
      size = terminal.size();
      nextSize = sample.elapsed().plus(BETWEEN_SIZES);
    }
    List<String> lines = picture.lines(sample, size.columns());
    // One line stays free for the cursor: what has scrolled out cannot be drawn over.
    int shown = Math.min(lines.size(), Math.max(1, size.rows() - 1));
    StringBuilder frame = new StringBuilder(HIDE_CURSOR).append(NO_WRAPPING);
    frame.append(upTo(Math.min(drawn, size.rows() - 1)));
    for (String line : lines.subList(0, shown)) {
      frame.append(line).append(TO_END_OF_LINE).append('\n');
    }
    frame.append(TO_END_OF_SCREEN).append(WRAPPING).append(SHOW_CURSOR);
    // In one piece, or it flickers.
    terminal.print(frame.toString());
    drawn = shown;
  }

  private static String upTo(int lines) {
    return lines > 0 ? "\r\u001b[" + lines + "A" : "\r";
  }

  @Override
  public void close() {
    terminal.print(WRAPPING + SHOW_CURSOR);
  }
}
