package org.samplegrad.job.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.UUID;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.package$;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.Utils;
import org.samplegrad.job.data.TableFormat;
import org.samplegrad.job.failures.JobFailedException;
import org.samplegrad.job.failures.WrongUsageException;

/** The Spark session of one command; stopped when closed, unless it was there before. */
final class Session implements AutoCloseable {
  private static final String WAREHOUSE = "spark.sql.warehouse.dir";

  /** Spark refuses less, in its own words. */
  private static final long LEAST_HEAP = 450L << 20;

  private static final String LOG_LEVEL = "ERROR";

  private final SparkSession session;
  private final boolean owned;

  /** Where Spark makes an empty directory when it is asked for a table; null if not ours. */
  private final Path warehouse;

  private Session(SparkSession session, boolean owned, Path warehouse) {
    this.session = session;
    this.owned = owned;
    this.warehouse = warehouse;
  }

  static Session open(String command) {
    if (SparkSession.getDefaultSession().isDefined()) {
      return new Session(SparkSession.active(), false, null);
    }
    requireMemory();
    SparkConf configuration = new SparkConf().setAppName("SampleGrad " + command);
    // On a terminal only: elsewhere a bar is noise between the program's own lines.
    configuration.setIfMissing(
        "spark.ui.showConsoleProgress", String.valueOf(System.console() != null));
    // Tasks are the parallelism; the array library computes with one thread in each.
    configuration.setIfMissing("spark.executorEnv.OMP_NUM_THREADS", "1");
    // What travels is float64 numbers without a pattern: compressing takes longer than it saves.
    configuration.setIfMissing("spark.shuffle.compress", "false");
    configuration.setIfMissing("spark.broadcast.compress", "false");
    TableFormat.sessionOptions().forEach(configuration::setIfMissing);
    // The driver takes the totals of all tasks; how much that may be is compared with its memory.
    configuration.setIfMissing("spark.driver.maxResultSize", "0");
    if (isLocal(configuration)) {
      // A lack of memory in a task would else end the process with a code of Spark's.
      configuration.setIfMissing("spark.executor.killOnFatalError.depth", "0");
    }
    Path warehouse = null;
    if (!configuration.contains(WAREHOUSE) && Logging.isOurs()) {
      // Instead of one in the user's directory.
      warehouse = Path.of(System.getProperty("java.io.tmpdir"), "warehouse-" + UUID.randomUUID());
      configuration.set(WAREHOUSE, warehouse.toString());
    }
    requireLocalDirectory(configuration);
    SparkSession session = start(configuration);
    if (!Logging.isOurs()) {
      session.sparkContext().setLogLevel(LOG_LEVEL);
    }
    return new Session(session, true, warehouse);
  }

  private static void requireMemory() {
    long heap = Runtime.getRuntime().maxMemory();
    if (heap < LEAST_HEAP) {
      throw new WrongUsageException(
          "The memory does not suffice: Spark needs a heap of 450 MB at least, and has %d MB. Set"
                  .formatted(heap >> 20)
              + " SAMPLEGRAD_DRIVER_MEMORY (spark-submit: --driver-memory) to more");
    }
  }

  /** Spark ends the process if it has none. */
  private static void requireLocalDirectory(SparkConf configuration) {
    String[] directories = Utils.getConfiguredLocalDirs(configuration);
    for (String directory : directories) {
      try {
        Files.createDirectories(Path.of(directory));
        Files.delete(Files.createTempFile(Path.of(directory), "samplegrad", null));
        return;
      } catch (IOException | InvalidPathException e) { // another may do
        continue;
      }
    }
    throw new WrongUsageException(
        "Spark cannot write to its local directories (%s): set SPARK_LOCAL_DIRS to one that can be"
                .formatted(String.join(", ", directories))
            + " written and has space");
  }

  private static SparkSession start(SparkConf configuration) {
    try {
      return SparkSession.builder().config(configuration).getOrCreate();
    } catch (UnsupportedOperationException | LinkageError e) {
      throw new JobFailedException(
          "Spark %s cannot run on Java %s (%s): set JAVA_HOME to Java 17"
              .formatted(
                  package$.MODULE$.SPARK_VERSION(),
                  System.getProperty("java.version"),
                  e.getMessage()),
          e);
    }
  }

  private static boolean isLocal(SparkConf configuration) {
    return configuration.get("spark.master", "local").matches("local(\\[.*)?");
  }

  SparkSession sql() {
    return session;
  }

  JavaSparkContext context() {
    return JavaSparkContext.fromSparkContext(session.sparkContext());
  }

  @Override
  public void close() {
    if (!owned) {
      return;
    }
    stopQuietly();
    if (warehouse != null) {
      try {
        Files.deleteIfExists(warehouse);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** After a failure threads of Spark's complain of each other's end. */
  private void stopQuietly() {
    PrintStream errors = System.err;
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    System.setErr(nowhere);
    try {
      session.stop();
    } finally {
      if (System.err == nowhere) {
        System.setErr(errors);
      }
    }
  }
}
