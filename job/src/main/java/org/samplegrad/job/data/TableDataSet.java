package org.samplegrad.job.data;

import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.samplegrad.datasets.BadDataException;
import org.samplegrad.datasets.spark.TableBlocks;
import org.samplegrad.job.failures.JobFailedException;
import org.samplegrad.job.failures.RootCause;
import org.samplegrad.job.failures.WrongUsageException;

/** Files or a table that Spark reads. */
final class TableDataSet {
  private static final String DEFAULT_FORMAT = "parquet";

  /** Spark's format by the extension of a file. */
  private static final Map<String, String> FORMATS =
      Map.of(
          "parquet", "parquet",
          "orc", "orc",
          "json", "json",
          "jsonl", "json",
          "ndjson", "json",
          "csv", "csv",
          "avro", "avro");

  /** The columns that Spark finds where no line is a record. */
  private static final String[] CORRUPT_RECORDS = {"_corrupt_record"};

  private TableDataSet() {}

  static DataSet open(SparkSession session, DataRequest request) {
    Dataset<Row> table = table(session, request);
    return (spark, format, options) ->
        TableBlocks.of(table, name(request), request.features(), request.label(), format, options);
  }

  private static String name(DataRequest request) {
    return "'" + request.location() + "'";
  }

  private static Dataset<Row> table(SparkSession session, DataRequest request) {
    String location = request.location();
    String format = request.format() == null ? formatOf(location) : request.format();
    boolean readsFiles = Set.copyOf(FORMATS.values()).contains(format);
    if (readsFiles && !exists(session, location)) {
      if (request.format() == null && isTable(session, location)) {
        return session.table(location);
      }
      throw new BadDataException(
          "There is no file, directory or table '%s'. --data takes mnist-test, mnist:DIR, synthetic:N,"
                  .formatted(location)
              + " or a path or table that Spark reads");
    }
    if (readsFiles && !holdsFiles(session, location)) {
      throw new BadDataException(
          "There are no data files in %s; files whose names begin with '_' or '.' do not count"
              .formatted(name(request)));
    }
    Dataset<Row> table = load(session, request, format);
    if (Arrays.equals(table.columns(), CORRUPT_RECORDS)) {
      throw new BadDataException(
          "%s holds no %s record in any line. --format selects another format, --read-option"
                  .formatted(name(request), format)
              + " multiLine=true reads one that spans lines");
    }
    return table;
  }

  private static Dataset<Row> load(SparkSession session, DataRequest request, String format) {
    try {
      return session.read().format(format).options(request.readOptions()).load(request.location());
    } catch (Exception | AssertionError e) { // Spark's own are checked, but not declared
      if (session.sparkContext().isStopped()) {
        throw new JobFailedException(
            "Spark has stopped: its master '%s' gives this program no executors"
                .formatted(session.sparkContext().master()),
            e);
      }
      if (RootCause.of(e) instanceof ClassNotFoundException) {
        throw new WrongUsageException(
            "Spark knows no format '%s'; choose one of %s, or give Spark the package that reads it"
                .formatted(format, String.join(", ", new TreeSet<>(FORMATS.values()))),
            e);
      }
      throw new BadDataException(
          "%s cannot be read as %s: %s. --format selects another format"
              .formatted(name(request), format, RootCause.messageOf(e)),
          e);
    }
  }

  private static String formatOf(String location) {
    String name =
        location.endsWith(".gz") ? location.substring(0, location.length() - 3) : location;
    String extension = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return FORMATS.getOrDefault(extension, DEFAULT_FORMAT);
  }

  private static boolean exists(SparkSession session, String location) {
    try {
      return new HadoopFiles(session.sparkContext().hadoopConfiguration()).exists(location);
    } catch (IOException e) {
      throw new BadDataException(
          "'%s' cannot be reached: %s".formatted(location, RootCause.messageOf(e)), e);
    }
  }

  private static boolean holdsFiles(SparkSession session, String location) {
    try {
      return new HadoopFiles(session.sparkContext().hadoopConfiguration()).holdsFiles(location);
    } catch (IOException e) {
      throw new BadDataException(
          "'%s' cannot be reached: %s".formatted(location, RootCause.messageOf(e)), e);
    }
  }

  private static boolean isTable(SparkSession session, String name) {
    return name.matches("[\\w.]+") && session.catalog().tableExists(name);
  }
}
