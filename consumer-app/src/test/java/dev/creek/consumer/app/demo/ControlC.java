package dev.creek.consumer.app.demo;

/** placeholder */
final class ControlC {
  private ControlC() {}

  static void listen(Runnable first) {
  }
}
