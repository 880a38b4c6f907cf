package org.samplegrad.job.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.CodecStreams;
import org.apache.spark.sql.functions;
import org.apache.spark.util.SerializableConfiguration;
import org.samplegrad.datasets.BadDataException;

/**
 * Whether each line of JSON files holds one value. Of a line with more, or of a whole file with
 * {@code multiLine}, Spark reads the first and passes over the others in silence.
 */
final class JsonRecords {
  private static final String MULTI_LINE = "multiLine";

  /** Spark's options that say what a line is. */
  private static final List<String> OF_LINES = List.of("lineSep", "encoding");

  /** Accepts whatever Spark can be told to accept. */
  private static final JsonFactory LENIENT =
      JsonFactory.builder()
          .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS, JsonReadFeature.values())
          .build();

  private JsonRecords() {}

  /**
   * @param table the same files, as they will be read
   * @throws BadDataException if something would be passed over
   */
  static void requireOneEach(
      SparkSession session, Dataset<Row> table, Map<String, String> options) {
    String[] files = table.inputFiles();
    boolean whole = Boolean.parseBoolean(option(options, MULTI_LINE));
    JavaRDD<String> found = whole ? inFiles(session, files) : inLines(session, files, options);
    found.take(1).stream()
        .findFirst()
        .ifPresent(
            place -> {
              throw new BadDataException(
                  "The file '%s' has %s with more than one JSON value, of which Spark would read the first only: %s"
                      .formatted(
                          place,
                          whole ? "text" : "a line",
                          whole
                              ? "make it one array of records, or give each record a line and leave multiLine out"
                              : "give each record a line of its own"));
            });
  }

  private static String option(Map<String, String> options, String name) {
    return options.entrySet().stream()
        .filter(option -> option.getKey().equalsIgnoreCase(name))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  private static JavaRDD<String> inLines(
      SparkSession session, String[] files, Map<String, String> options) {
    // The directories' names are of no interest.
    DataFrameReader reader = session.read().option("recursiveFileLookup", true);
    for (String name : OF_LINES) {
      String value = option(options, name);
      reader = value == null ? reader : reader.option(name, value);
    }
    return reader
        .text(files)
        .select(functions.col("value"), functions.input_file_name())
        .toJavaRDD()
        .filter(row -> holdsMore(LENIENT.createParser(row.getString(0))))
        .map(row -> row.getString(1));
  }

  private static JavaRDD<String> inFiles(SparkSession session, String[] files) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
    Broadcast<SerializableConfiguration> configuration =
        context.broadcast(
            new SerializableConfiguration(session.sparkContext().hadoopConfiguration()));
    return context
        .parallelize(Arrays.asList(files), Math.max(1, files.length))
        .filter(
            file -> {
              try (InputStream stream =
                  CodecStreams.createInputStream(
                      configuration.value().value(), new Path(new URI(file)))) {
                return holdsMore(LENIENT.createParser(stream));
              }
            });
  }

  /** Whether anything follows the first value; what is wrong within that, Spark will find. */
  private static boolean holdsMore(JsonParser parser) throws IOException {
    try (parser) {
      try {
        parser.nextToken();
        parser.skipChildren();
      } catch (IOException e) {
        return false;
      }
      try {
        return parser.nextToken() != null;
      } catch (IOException e) {
        return true;
      }
    }
  }
}
