package dev.creek.consumer.app.bench;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A picture that is written by hand: boxes, lines and words. */
final class Svg {
  private final StringBuilder text = new StringBuilder();

  Svg(int width, int height) {
    add(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
            + " font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\">",
        width, height, width, height);
    add("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>", width, height);
  }

  Svg box(double x, double y, double width, double height, String color) {
    return add(
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>",
        x, y, width, height, color);
  }

  Svg line(double x1, double y1, double x2, double y2, String color) {
    return add(
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>",
        x1, y1, x2, y2, color);
  }

  /** A line from point to point. */
  Svg curve(List<double[]> points, String color) {
    return add(
        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>",
        points.stream()
            .map(point -> String.format(Locale.ROOT, "%.1f,%.1f", point[0], point[1]))
            .collect(Collectors.joining(" ")),
        color);
  }

  Svg dot(double x, double y, String color) {
    return add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>", x, y, color);
  }

  /**
   * Words.
   *
   * @param anchor {@code start}, {@code middle} or {@code end}: what of them is at {@code x}
   */
  Svg words(double x, double y, String anchor, String words) {
    return add(
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>",
        x, y, anchor, words.replace("&", "&amp;").replace("<", "&lt;"));
  }

  Svg heading(double x, double y, String words) {
    return add(
        "<text x=\"%.1f\" y=\"%.1f\" font-size=\"14\" font-weight=\"bold\">%s</text>",
        x, y, words.replace("&", "&amp;").replace("<", "&lt;"));
  }

  private Svg add(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
    return this;
  }

  @Override
  public String toString() {
    return text + "</svg>\n";
  }
}
