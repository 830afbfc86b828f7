package dev.creek.consumer.app.cli;

/** The exit codes of the program. */
public final class ExitCode {
  /** Everything requested was done. */
  public static final int OK = 0;

  /** Something failed; the rest was done. */
  public static final int FAILED = 1;

  /** The command line or the configuration is wrong; nothing was done. */
  public static final int USAGE = 2;

  private ExitCode() {}
}
