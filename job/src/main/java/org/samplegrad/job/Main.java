package org.samplegrad.job;

import java.lang.reflect.InvocationTargetException;

/**
 * Runs the command line and ends the process with its exit code. This class alone is compiled for
 * Java 8, so that an older Java than the program needs can run it and say so; hence it names the
 * program by its name only.
 */
public final class Main {
  private static final String PROGRAM = "org.samplegrad.job.cli.SampleGradCommand";
  private static final int OLDEST_JAVA = 17;
  private static final int UNUSABLE_REQUEST = 2;

  private Main() {}

  public static void main(String[] arguments) throws ReflectiveOperationException {
    String problem = problem(System.getProperty("java.specification.version"));
    if (problem != null) {
      System.err.println(problem);
      System.exit(UNUSABLE_REQUEST);
    }
    int exitCode = run(arguments);
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  /** What is wrong with a Java of this version, such as 11 or 1.8; null if nothing is. */
  static String problem(String version) {
    int dot = version.indexOf('.');
    int release =
        dot < 0 ? Integer.parseInt(version) : Integer.parseInt(version.substring(dot + 1));
    return release >= OLDEST_JAVA
        ? null
        : "SampleGrad needs Java "
            + OLDEST_JAVA
            + " or newer, and this is Java "
            + release
            + ": set JAVA_HOME to a newer one, for the executors of a cluster too";
  }

  private static int run(String[] arguments) throws ReflectiveOperationException {
    try {
      return (Integer)
          Class.forName(PROGRAM)
              .getMethod("runAsProcess", String[].class)
              .invoke(null, (Object) arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof Error) {
        throw (Error) e.getCause();
      }
      throw e;
    }
  }
}
