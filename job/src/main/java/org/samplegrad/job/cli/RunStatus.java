package org.samplegrad.job.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.samplegrad.job.data.DataScheme;
import org.samplegrad.job.failures.ExitCode;
import org.samplegrad.job.output.StatusFile;

/**
 * How a run with an output directory ends, for the file beside that. It knows the directory from
 * the words of the command line, since a command line that cannot be understood ends a run too.
 */
final class RunStatus {
  private static final String DONE = "done";

  private final String output;
  private final List<String> inputs;

  private String applicationId;
  private String message = DONE;

  /** Whether nothing more is to be written. */
  private boolean closed;

  RunStatus(List<String> arguments) {
    this.output = value(arguments, "--output");
    String data = value(arguments, "--data");
    this.inputs =
        Stream.of(
                data == null ? null : DataScheme.path(data),
                value(arguments, "--weights"),
                value(arguments, "--model"))
            .filter(Objects::nonNull)
            .toList();
    this.closed = output == null || arguments.contains("--help") || arguments.contains("-h");
  }

  /** The last value of an option, or null. */
  private static String value(List<String> arguments, String option) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals(option) && i + 1 < arguments.size()) {
        values.add(arguments.get(i + 1));
      } else if (argument.startsWith(option + "=")) {
        values.add(argument.substring(option.length() + 1));
      }
    }
    return values.isEmpty() ? null : values.get(values.size() - 1);
  }

  synchronized void started(String application) {
    applicationId = application;
  }

  synchronized void says(String last) {
    message = last;
  }

  /** Nothing is written: what lies beside the output directory is another run's. */
  synchronized void leave() {
    closed = true;
  }

  /** Writes the file, once; returns why it could not be, or null. */
  synchronized String ended(int exitCode) {
    if (closed) {
      return null;
    }
    closed = true;
    try {
      Configuration configuration = SparkHadoopUtil.get().newConfiguration(new SparkConf());
      new StatusFile(exitCode, message, applicationId).writeBeside(output, inputs, configuration);
      return null;
    } catch (IOException | RuntimeException | LinkageError e) {
      // A run that failed has said why; the place may be the reason.
      return exitCode == ExitCode.DONE.value()
          ? "The status of the run cannot be written beside '%s': %s"
              .formatted(output, e.getMessage())
          : null;
    }
  }
}
