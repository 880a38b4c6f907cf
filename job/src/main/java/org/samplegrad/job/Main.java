package org.samplegrad.job;

import org.samplegrad.job.cli.Logging;
import org.samplegrad.job.cli.SampleGradCommand;

/** Runs the command line and ends the process with its exit code. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    Logging.configure();
    int exitCode = SampleGradCommand.run(arguments);
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }
}
