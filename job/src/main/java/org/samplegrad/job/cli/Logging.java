package org.samplegrad.job.cli;

/**
 * Logging of the embedded Spark. Under spark-submit the distribution's own configuration is in
 * force before this program starts.
 */
public final class Logging {
  private static final String CONFIGURATION = "log4j2.configurationFile";
  private static final String OURS = "samplegrad-log4j2.properties";

  private Logging() {}

  /** Selects this program's configuration unless another one was given; before anything logs. */
  public static void configure() {
    boolean submitted = System.getProperty("SPARK_SUBMIT") != null;
    if (!submitted && System.getProperty(CONFIGURATION) == null) {
      System.setProperty(CONFIGURATION, OURS);
    }
  }

  /** Whether Spark is embedded and logs by this program's configuration. */
  static boolean isOurs() {
    return OURS.equals(System.getProperty(CONFIGURATION));
  }
}
