package org.samplegrad.job.failures;

/** The innermost cause of a failure, which is the part that a user can act on. */
public final class RootCause {
  private static final int DEEPEST = 100;

  private RootCause() {}

  public static Throwable of(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause.getCause() != null && depth < DEEPEST; depth++) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** The first line of the root cause's message; its class if it has none. */
  public static String messageOf(Throwable failure) {
    return firstLine(of(failure));
  }

  /** The first line of a failure's own message; its class if it has none. */
  static String firstLine(Throwable failure) {
    String message = failure.getMessage();
    if (message == null || message.isBlank()) {
      return failure.getClass().getSimpleName();
    }
    String line = message.strip().lines().findFirst().orElseThrow().strip();
    return line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
  }
}
