package dev.creek.consumer.app.bench;

/** One thing that is measured. */
interface Scenario {
  String name();

  /** What it is called together with its like, in options. */
  String group();

  /** For people. */
  String title();

  /** Tells whether it runs only if it is named, or if everything is to run. */
  default boolean takesLong() {
    return false;
  }

  /** Runs each contender as often as the options say, in turns, and adds what came out. */
  void run(Bench bench);
}
