package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** JSON as Go's encoding/json writes it: into interface{} and back. */
final class GoJson {
  private static final ObjectMapper JSON =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private GoJson() {}

  /**
   * What is left of an object after the way through Go; no bytes for the JSON null.
   *
   * @throws UnencodableException for anything that is not an object
   */
  static byte[] rewrite(byte[] text, int from, int to) throws UnencodableException {
    JsonNode tree;
    try {
      tree = JSON.readTree(text, from, to - from);
    } catch (JsonProcessingException e) {
      throw new UnencodableException("JSON beyond the parser's limits");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    if (tree.isNull()) {
      return new byte[0];
    }
    if (!tree.isObject()) {
      throw new UnencodableException("JSON that is not an object");
    }
    var out = new StringBuilder();
    append(tree, out);
    return out.toString().getBytes(UTF_8);
  }

  /** A string in double quotes. */
  static String quoted(String value) {
    var out = new StringBuilder();
    appendString(value, out);
    return out.toString();
  }

  private static void append(JsonNode node, StringBuilder out) throws UnencodableException {
    if (node.isObject()) {
      appendObject(node, out);
    } else if (node.isArray()) {
      char separator = '[';
      for (JsonNode element : node) {
        out.append(separator);
        append(element, out);
        separator = ',';
      }
      out.append(node.isEmpty() ? "[]" : "]");
    } else if (node.isTextual()) {
      appendString(node.textValue(), out);
    } else if (node.isNumber()) {
      out.append(number(node.doubleValue()));
    } else {
      out.append(node.asText());
    }
  }

  private static void appendObject(JsonNode node, StringBuilder out) throws UnencodableException {
    var sorted = new TreeMap<String, JsonNode>(GoJson::compareUtf8);
    for (Map.Entry<String, JsonNode> property : node.properties()) {
      sorted.put(property.getKey(), property.getValue());
    }
    char separator = '{';
    for (Map.Entry<String, JsonNode> property : sorted.entrySet()) {
      out.append(separator);
      appendString(property.getKey(), out);
      out.append(':');
      append(property.getValue(), out);
      separator = ',';
    }
    out.append(sorted.isEmpty() ? "{}" : "}");
  }

  /** The order of UTF-8 bytes, which is Go's and not that of Java's characters. */
  private static int compareUtf8(String a, String b) {
    return Arrays.compareUnsigned(a.getBytes(UTF_8), b.getBytes(UTF_8));
  }

  private static String number(double value) throws UnencodableException {
    if (Double.isInfinite(value)) {
      throw new UnencodableException("a JSON number beyond float64");
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0" : "0";
    }
    double size = Math.abs(value);
    BigDecimal shortest = shortest(value);
    if (size >= 1e-6 && size < 1e21) {
      return shortest.toPlainString();
    }
    String digits = shortest.unscaledValue().abs().toString();
    int exponent = digits.length() - 1 - shortest.scale();
    return (value < 0 ? "-" : "")
        + digits.charAt(0)
        + (digits.length() > 1 ? "." + digits.substring(1) : "")
        + (exponent < 0 ? "e-" : "e+")
        + Math.abs(exponent);
  }

  /** The shortest decimal that reads back as the same number; Java's own is not, before 19. */
  private static BigDecimal shortest(double value) {
    BigDecimal exact = new BigDecimal(value);
    for (int digits = 1; digits < 17; digits++) {
      BigDecimal rounded = exact.round(new MathContext(digits));
      if (rounded.doubleValue() == value) {
        return rounded.stripTrailingZeros();
      }
    }
    return exact.round(new MathContext(17));
  }

  private static void appendString(String value, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < value.length(); i++) {
      appendEscaped(value.charAt(i), out);
    }
    out.append('"');
  }

  private static void appendEscaped(char c, StringBuilder out) {
    switch (c) {
      case '"' -> out.append("\\\"");
      case '\\' -> out.append("\\\\");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      default -> {
        if (c < ' ' || c == '<' || c == '>' || c == '&' || c == '\u2028' || c == '\u2029') {
          out.append("\\u").append(String.format("%04x", (int) c));
        } else {
          out.append(c);
        }
      }
    }
  }
}
