package org.samplegrad.job.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.spark.sql.execution.datasources.DataSource;
import org.apache.spark.sql.execution.datasources.FileFormat;
import org.apache.spark.sql.execution.datasources.v2.FileDataSourceV2;
import org.apache.spark.sql.internal.SQLConf;
import org.samplegrad.datasets.spark.parquet.CheckedParquetFormat;

/** Spark's formats whose files hold the rows and nothing else. A new one is one entry here. */
enum PlainFormat {
  PARQUET(CheckedParquetFormat.class.getName(), Map.of(), "parquet"),
  /** By default the first file's types count, and the others' numbers are narrowed to them. */
  ORC("orc", Map.of("mergeSchema", "true"), "orc"),
  JSON("json", Map.of(), "json", "jsonl", "ndjson"),
  /**
   * By default the first file's header counts, the others' columns go by their positions, and what
   * a line has too much is passed over.
   */
  CSV("csv", Map.of("enforceSchema", "false", "columnPruning", "false", "mode", "FAILFAST"), "csv"),
  AVRO("avro", Map.of(), "avro");

  private static final String COMPRESSED = ".gz";

  private final String reader;
  private final Map<String, String> defaults;
  private final List<String> extensions;

  PlainFormat(String reader, Map<String, String> defaults, String... extensions) {
    this.reader = reader;
    this.defaults = defaults;
    this.extensions = List.of(extensions);
  }

  /** What Spark calls the reader, or its class. */
  String reader() {
    return reader;
  }

  /** Options of the reader, unless others are given. */
  Map<String, String> defaults() {
    return defaults;
  }

  /** The format of a path by its extension, also before {@code .gz}. */
  static Optional<PlainFormat> byExtension(String path) {
    String name =
        path.endsWith(COMPRESSED) ? path.substring(0, path.length() - COMPRESSED.length()) : path;
    String extension = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return Arrays.stream(values()).filter(f -> f.extensions.contains(extension)).findFirst();
  }

  /** The format of a name, which may also be that of Spark's class. */
  static Optional<PlainFormat> named(String name) {
    return Arrays.stream(values())
        .filter(format -> format.toString().equalsIgnoreCase(name) || format.isReadBy(name))
        .findFirst();
  }

  private boolean isReadBy(String className) {
    return className.contains(".")
        && source(className).isPresent()
        && source(toString()).equals(source(className));
  }

  /** Whether a format, one of these or another, is read from files alone. */
  static boolean readsFiles(String name) {
    return named(name).isPresent()
        || source(name)
            .filter(
                found ->
                    FileFormat.class.isAssignableFrom(found)
                        || FileDataSourceV2.class.isAssignableFrom(found))
            .isPresent();
  }

  /** The class that reads a format; nothing if Spark does not know it. */
  static Optional<Class<?>> source(String format) {
    try {
      return Optional.of(DataSource.lookupDataSource(format, SQLConf.get()));
    } catch (Exception | LinkageError e) { // Spark's own are checked, but not declared
      return Optional.empty();
    }
  }

  /** The names, for messages. */
  static String names() {
    return String.join(
        ", ",
        Arrays.stream(values())
            .map(PlainFormat::toString)
            .collect(Collectors.toCollection(TreeSet::new)));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
