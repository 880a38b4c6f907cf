package org.samplegrad.job.failures;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.samplegrad.core.backend.BackendException;
import org.samplegrad.core.models.UnusableModelException;
import org.samplegrad.datasets.BadDataException;

/** What a failure means to the user. */
public record Failure(ExitCode exitCode, String message) {
  private static final int DEEPEST = 100;

  /** Of a message about a file: what does not fit, and the file. */
  private static final int MOST_LINES = 6;

  /** Where Spark reads files: what is thrown there means that a file cannot be read. */
  private static final String READERS = "org.apache.spark.sql.execution.datasources.";

  private static final String DISK_FULL = "No space left on device";

  /** By Spark's exit code, or killed by the system or the cluster. */
  private static final Pattern EXECUTOR_LACKED_MEMORY =
      Pattern.compile("ExecutorLostFailure[^\\n]*(\\bcode:? (52|137)\\b|OOM|memory limits)");

  public static Failure of(Throwable thrown) {
    Throwable cause = thrown;
    for (int depth = 0; cause != null && depth < DEEPEST; depth++) {
      ExitCode code = codeOf(cause);
      if (code != null) {
        return new Failure(code, cause.getMessage());
      }
      cause = cause.getCause();
    }
    cause = thrown;
    for (int depth = 0; cause != null && depth < DEEPEST; depth++) {
      if (cause instanceof OutOfMemoryError) {
        return new Failure(
            ExitCode.JOB_FAILED,
            "Out of memory (%s). Give the program more (SAMPLEGRAD_DRIVER_MEMORY, or spark-submit's"
                    .formatted(cause.getMessage())
                + " --driver-memory and --executor-memory) or choose a smaller --block-size");
      }
      Failure known = ofMessage(cause.getMessage());
      if (known != null) {
        return known;
      }
      if (isUnreadable(cause)) {
        return new Failure(
            ExitCode.BAD_DATA,
            "A file of the data set cannot be read: " + unreadable(cause, thrown));
      }
      cause = cause.getCause();
    }
    Throwable root = RootCause.of(thrown);
    return new Failure(
        ExitCode.JOB_FAILED,
        "The job failed: %s (%s). --stacktrace shows where"
            .formatted(RootCause.messageOf(root), root.getClass().getSimpleName()));
  }

  /** What Spark and the operating system say in words only; null for all else. */
  private static Failure ofMessage(String message) {
    if (message == null) {
      return null;
    }
    if (message.contains(DISK_FULL)) {
      return new Failure(
          ExitCode.JOB_FAILED,
          "The disk is full. Make room, or give Spark another directory (SPARK_LOCAL_DIRS) or the"
              + " results another --output");
    }
    return EXECUTOR_LACKED_MEMORY.matcher(message).find()
        ? new Failure(
            ExitCode.JOB_FAILED,
            "An executor ended for lack of memory. Give it more (--executor-memory), or fewer tasks"
                + " at a time (--executor-cores)")
        : null;
  }

  /** The code of the exceptions that carry a message for the user; null for all others. */
  private static ExitCode codeOf(Throwable thrown) {
    if (thrown instanceof WrongUsageException || thrown instanceof UnusableModelException) {
      return ExitCode.UNUSABLE_REQUEST;
    }
    if (thrown instanceof BadDataException) {
      return ExitCode.BAD_DATA;
    }
    return thrown instanceof JobFailedException || thrown instanceof BackendException
        ? ExitCode.JOB_FAILED
        : null;
  }

  /** The root cause's message in one line, unless Spark's own names the file. */
  private static String unreadable(Throwable reader, Throwable thrown) {
    String message = RootCause.firstLine(reader);
    if (message.contains(" file ") && !message.endsWith("Details:")) {
      return message;
    }
    String root = RootCause.of(thrown).getMessage();
    return root == null
        ? RootCause.messageOf(thrown)
        : root.lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .limit(MOST_LINES)
            .collect(Collectors.joining("; "));
  }

  private static boolean isUnreadable(Throwable cause) {
    return Arrays.stream(cause.getStackTrace())
        .anyMatch(frame -> frame.getClassName().startsWith(READERS));
  }
}
