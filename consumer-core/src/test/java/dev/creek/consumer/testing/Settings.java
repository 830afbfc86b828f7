package dev.creek.consumer.testing;

import org.jspecify.annotations.Nullable;

/** The switches of the test servers: a system property, else an environment variable. */
final class Settings {

  private Settings() {}

  static @Nullable String text(String name) {
    String value = System.getProperty(name, System.getenv(name));
    return value == null || value.isBlank() ? null : value;
  }

  static int integer(String name, int otherwise) {
    String value = text(name);
    return value == null ? otherwise : Integer.parseInt(value);
  }

  static boolean containers() {
    return Boolean.parseBoolean(text("CREEK_TEST_CONTAINERS"));
  }
}
