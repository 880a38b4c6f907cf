package org.samplegrad.datasets.spark;

import com.holdenkarau.spark.testing.SharedJavaSparkContext;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;

/**
 * A Spark context shared by the tests of a class. The one place where the JUnit 4 life cycle of
 * spark-testing-base is bridged to Jupiter: its annotated methods are called from annotated ones.
 */
public abstract class SparkSuite extends SharedJavaSparkContext {
  private static final String MASTER = "local[2]";
  private static final String KEEP = "samplegrad.test.keepSpark";

  @Override
  public SparkConf conf() {
    return super.conf().setMaster(MASTER).set("spark.ui.enabled", "false");
  }

  @BeforeEach
  public void startSpark() {
    runBefore();
  }

  /** Unless the tests of other classes want it too, as under the profile mutation. */
  @AfterAll
  public static void stopSpark() {
    if (!Boolean.getBoolean(KEEP)) {
      runAfterClass();
    }
  }

  protected SparkSession session() {
    return SparkSession.builder().config(sc().getConf()).getOrCreate();
  }
}
