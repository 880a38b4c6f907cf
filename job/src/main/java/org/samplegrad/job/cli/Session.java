package org.samplegrad.job.cli;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** The Spark session of one command; stopped when closed, unless it was there before. */
final class Session implements AutoCloseable {
  private static final String LOG_LEVEL = "ERROR";

  private final SparkSession session;
  private final boolean owned;

  private Session(SparkSession session, boolean owned) {
    this.session = session;
    this.owned = owned;
  }

  static Session open(String command) {
    if (SparkSession.getActiveSession().isDefined()
        || SparkSession.getDefaultSession().isDefined()) {
      return new Session(SparkSession.active(), false);
    }
    SparkConf configuration = new SparkConf().setAppName("SampleGrad " + command);
    configuration.setIfMissing("spark.ui.showConsoleProgress", "true");
    // Tasks are the parallelism; the array library computes with one thread in each.
    configuration.setIfMissing("spark.executorEnv.OMP_NUM_THREADS", "1");
    SparkSession session = SparkSession.builder().config(configuration).getOrCreate();
    if (Logging.isLeftToSpark()) {
      session.sparkContext().setLogLevel(LOG_LEVEL);
    }
    return new Session(session, true);
  }

  SparkSession sql() {
    return session;
  }

  JavaSparkContext context() {
    return JavaSparkContext.fromSparkContext(session.sparkContext());
  }

  @Override
  public void close() {
    if (owned) {
      session.stop();
    }
  }
}
