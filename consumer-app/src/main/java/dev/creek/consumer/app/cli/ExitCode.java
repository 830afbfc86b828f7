package dev.creek.consumer.app.cli;

/** What the program tells its caller. */
public final class ExitCode {
  /** Everything asked for was done. */
  public static final int OK = 0;

  /** Something failed; the rest was done. */
  public static final int FAILED = 1;

  /** The command line or the configuration is wrong; nothing was done. */
  public static final int USAGE = 2;

  private ExitCode() {}
}
