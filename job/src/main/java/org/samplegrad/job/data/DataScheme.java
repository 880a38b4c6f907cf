package org.samplegrad.job.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Function;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.samplegrad.datasets.BadDataException;
import org.samplegrad.datasets.SampleFormat;
import org.samplegrad.datasets.SampleSource;
import org.samplegrad.datasets.sources.Mnist;
import org.samplegrad.datasets.sources.SyntheticSamples;
import org.samplegrad.datasets.spark.SourceBlocks;
import org.samplegrad.job.failures.WrongUsageException;

/**
 * The data sets that are named on the command line otherwise than as a table. A new one is one
 * entry here.
 */
public enum DataScheme {
  MNIST_TEST("mnist-test") {
    @Override
    DataSet open(SparkSession session, String argument) {
      return source(toString(), format -> Mnist.testSet());
    }
  },

  MNIST("mnist:") {
    @Override
    DataSet open(SparkSession session, String directory) {
      HadoopDirectory files =
          new HadoopDirectory(new JavaSparkContext(session.sparkContext()), directory);
      return source(toString() + directory, format -> trainingSet(files));
    }
  },

  SYNTHETIC("synthetic:") {
    @Override
    DataSet open(SparkSession session, String argument) {
      long count = count(argument);
      return source(
          toString() + argument,
          format -> new SyntheticSamples(format.sampleShape().size(), format.target(), 0, count));
    }
  };

  private final String prefix;

  DataScheme(String prefix) {
    this.prefix = prefix;
  }

  /**
   * @param argument what follows the prefix
   * @throws WrongUsageException if the argument makes no sense
   */
  abstract DataSet open(SparkSession session, String argument);

  /**
   * Finds the data set that a request names.
   *
   * @throws BadDataException if there is none
   */
  public static DataSet open(SparkSession session, DataRequest request) {
    String location = request.location();
    return Arrays.stream(values())
        .filter(scheme -> scheme.matches(location))
        .findFirst()
        .map(scheme -> scheme.open(session, location.substring(scheme.prefix.length())))
        .orElseGet(() -> TableDataSet.open(session, request));
  }

  /** The path, or pattern of paths, of all files that are read; null if none are. */
  public static String path(String location) {
    if (MNIST.matches(location)) {
      return location.substring(MNIST.prefix.length()) + "/train-*";
    }
    return Arrays.stream(values()).anyMatch(scheme -> scheme.matches(location)) ? null : location;
  }

  private boolean matches(String location) {
    return prefix.endsWith(":") ? location.startsWith(prefix) : location.equals(prefix);
  }

  /** A source as a data set. */
  public static DataSet source(String name, Function<SampleFormat, SampleSource> source) {
    return (spark, format, options) ->
        SourceBlocks.of(spark, source.apply(format), name, format, options);
  }

  private static Mnist trainingSet(HadoopDirectory files) {
    String directory = files.path();
    try {
      return Mnist.trainingSet(files);
    } catch (BadDataException e) {
      throw new BadDataException("mnist:%s: %s".formatted(directory, e.getMessage()), e);
    } catch (FileNotFoundException e) {
      throw new BadDataException("There is no directory '%s'".formatted(directory), e);
    } catch (IOException e) {
      throw new BadDataException(
          "The directory '%s' cannot be read: %s".formatted(directory, e.getMessage()), e);
    }
  }

  private static long count(String argument) {
    try {
      return requireNonNegative(Long.parseLong(argument));
    } catch (NumberFormatException e) {
      throw new WrongUsageException(
          "--data synthetic:%s: expected synthetic:N with N the number of samples, such as synthetic:1000"
              .formatted(argument),
          e);
    }
  }

  private static long requireNonNegative(long count) {
    if (count < 0) {
      throw new NumberFormatException("Negative: " + count);
    }
    return count;
  }

  /** How the command line names it; a colon is followed by an argument. */
  @Override
  public String toString() {
    return prefix;
  }
}
