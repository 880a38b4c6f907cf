package org.samplegrad.datasets.spark.parquet;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.datasources.PartitionedFile;
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat;
import org.apache.spark.sql.sources.Filter;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import org.samplegrad.datasets.BadDataException;
import scala.Function1;
import scala.Option;
import scala.Tuple2;
import scala.collection.Iterator;

/**
 * Spark's Parquet format, with each file read by its own types. The table's columns are those of
 * all files, of a type that holds the numbers of all. What cannot be read is a problem once it is
 * asked for: then {@link BadDataException} names the file and the column before any data are read.
 *
 * <p>Spark's methods take a {@code Seq}, which is {@code scala.collection.Seq} in Scala 2.12 and
 * {@code scala.collection.immutable.Seq} in Scala 2.13: of each pair of methods here one overrides.
 */
public final class CheckedParquetFormat extends ParquetFileFormat {
  private static final long serialVersionUID = 1L;

  /** Set in every configuration files are read with, unless a read option says otherwise. */
  private static final String VERIFY = "parquet.page.verify-checksum.enabled";

  private static final String CASE_SENSITIVE = "spark.sql.caseSensitive";
  private static final String VECTORISED = "spark.sql.parquet.enableVectorizedReader";
  private static final String BATCH_ROWS = "spark.sql.parquet.columnarReaderBatchSize";
  private static final String NANOSECONDS_AS_LONG = "spark.sql.legacy.parquet.nanosAsLong";

  /** What Spark's converter of schemas asks for. */
  private static final List<String> CONVERTER =
      List.of(
          "spark.sql.parquet.binaryAsString",
          "spark.sql.parquet.int96AsTimestamp",
          "spark.sql.parquet.inferTimestampNTZ.enabled",
          CASE_SENSITIVE);

  /** Of the rows that are decoded at a time. */
  private static final long BATCH_BYTES = 4 << 20;

  /** Of a column that cannot be read in any file: whoever asks for it is told why. */
  private static final DataType UNREADABLE = DataTypes.BinaryType;

  /** What was found by {@link #inferSchema}; Spark asks for the schema before all else. */
  private transient FileLayouts layouts;

  @Override
  public String toString() {
    return "Parquet";
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }

  public Option<StructType> inferSchema(
      SparkSession session,
      scala.collection.immutable.Map<String, String> options,
      scala.collection.Seq<FileStatus> files) {
    return schema(session, options, files.iterator());
  }

  public Option<StructType> inferSchema(
      SparkSession session,
      scala.collection.immutable.Map<String, String> options,
      scala.collection.immutable.Seq<FileStatus> files) {
    return schema(session, options, files.iterator());
  }

  private Option<StructType> schema(
      SparkSession session,
      scala.collection.immutable.Map<String, String> options,
      Iterator<FileStatus> files) {
    List<FileStatus> all = new ArrayList<>();
    while (files.hasNext()) {
      all.add(files.next());
    }
    if (all.isEmpty()) {
      return Option.empty();
    }
    all.sort(Comparator.comparing(file -> file.getPath().toString()));
    layouts =
        FileLayouts.read(
            JavaSparkContext.fromSparkContext(session.sparkContext()),
            all,
            configuration(session, options));
    return Option.apply(columnsOfAll(layouts, isCaseSensitive(session)));
  }

  private static boolean isCaseSensitive(SparkSession session) {
    return Boolean.parseBoolean(session.conf().get(CASE_SENSITIVE));
  }

  static Configuration configuration(
      SparkSession session, scala.collection.immutable.Map<String, String> options) {
    Configuration configuration = new Configuration(session.sparkContext().hadoopConfiguration());
    Iterator<Tuple2<String, String>> iterator = options.iterator();
    while (iterator.hasNext()) {
      Tuple2<String, String> option = iterator.next();
      configuration.set(option._1(), option._2());
    }
    CONVERTER.forEach(key -> configuration.set(key, session.conf().get(key)));
    configuration.set(NANOSECONDS_AS_LONG, "false"); // a timestamp is no number
    return configuration;
  }

  private static StructType columnsOfAll(FileLayouts layouts, boolean caseSensitive) {
    StructType all = new StructType();
    for (FileLayout layout : layouts.files().keySet()) {
      StructType before = all;
      for (StructField field : layout.columns().fields()) {
        // Two of one file whose names differ by case are left to Spark, which refuses them.
        Optional<Integer> at = NumberTypes.position(before, field.name(), caseSensitive);
        all = at.isPresent() ? widened(all, at.get(), field.dataType()) : all.add(field);
      }
    }
    for (FileLayout layout : layouts.files().keySet()) {
      for (String path : layout.problems().keySet()) {
        String column = path.split("\\.")[0];
        boolean known = NumberTypes.position(all, column, caseSensitive).isPresent();
        all = known ? all : all.add(column, UNREADABLE, true);
      }
    }
    return all;
  }

  private static StructType widened(StructType all, int at, DataType other) {
    StructField[] fields = all.fields().clone();
    StructField own = fields[at];
    DataType wide = NumberTypes.widest(own.dataType(), other).orElse(own.dataType());
    fields[at] = new StructField(own.name(), wide, true, own.metadata());
    return new StructType(fields);
  }

  /** Whole batches, if no file needs another treatment than the others. */
  @Override
  public boolean supportBatch(SparkSession session, StructType schema) {
    return layouts.files().size() == 1
        && layouts.files().keySet().stream()
            .noneMatch(layout -> layout.footerChanged() || anyUnvectorised(layout, schema))
        && super.supportBatch(session, schema);
  }

  private static boolean anyUnvectorised(FileLayout layout, StructType schema) {
    return layout.unvectorised().stream()
        .anyMatch(column -> NumberTypes.position(schema, column, false).isPresent());
  }

  public Function1<PartitionedFile, Iterator<InternalRow>> buildReaderWithPartitionValues(
      SparkSession session,
      StructType dataSchema,
      StructType partitionSchema,
      StructType requiredSchema,
      scala.collection.Seq<Filter> filters,
      scala.collection.immutable.Map<String, String> options,
      Configuration configuration) {
    return readers(
        session,
        partitionSchema,
        requiredSchema,
        configuration,
        (types, all) ->
            super.buildReaderWithPartitionValues(
                session,
                dataSchema,
                partitionSchema,
                types,
                all ? filters.toList() : filters.toList().take(0),
                options,
                new Configuration(configuration))); // which is changed and kept
  }

  public Function1<PartitionedFile, Iterator<InternalRow>> buildReaderWithPartitionValues(
      SparkSession session,
      StructType dataSchema,
      StructType partitionSchema,
      StructType requiredSchema,
      scala.collection.immutable.Seq<Filter> filters,
      scala.collection.immutable.Map<String, String> options,
      Configuration configuration) {
    return buildReaderWithPartitionValues(
        session,
        dataSchema,
        partitionSchema,
        requiredSchema,
        (scala.collection.Seq<Filter>) filters,
        options,
        configuration);
  }

  /** Spark's own reader of files with certain types. */
  @FunctionalInterface
  private interface SparkReader {
    /**
     * @param filtered whether row groups may be left out by the filters, which compare values of
     *     the table's types
     */
    Function1<PartitionedFile, Iterator<InternalRow>> of(StructType types, boolean filtered);
  }

  private Function1<PartitionedFile, Iterator<InternalRow>> readers(
      SparkSession session,
      StructType partitionSchema,
      StructType required,
      Configuration configuration,
      SparkReader spark) {
    configuration.setIfUnset(VERIFY, "true");
    boolean caseSensitive = isCaseSensitive(session);
    Map<String, FileReader> byPath = new HashMap<>();
    Map<FileReader.Key, FileReader> readers = new LinkedHashMap<>();
    Broadcast<SerializableConfiguration> shared =
        JavaSparkContext.fromSparkContext(session.sparkContext())
            .broadcast(new SerializableConfiguration(configuration));
    FileReader most = null;
    int mostFiles = 0;
    for (Map.Entry<FileLayout, List<String>> entry : layouts.files().entrySet()) {
      FileLayout layout = entry.getKey();
      List<String> paths = entry.getValue();
      StructType types = own(layout, required, caseSensitive, paths.get(0));
      if (layout.footerChanged()) {
        paths.forEach(path -> KnownFooterFileSystem.register(new Path(path), configuration));
      }
      FileReader.Key key =
          new FileReader.Key(
              types, layout.footerChanged(), anyUnvectorised(layout, required), layout.checksums());
      FileReader reader = readers.get(key);
      if (reader == null) {
        reader = reader(session, key, partitionSchema, required, shared, spark);
        readers.put(key, reader);
      }
      for (String path : paths) {
        byPath.put(path, reader);
      }
      if (paths.size() > mostFiles) {
        most = reader;
        mostFiles = paths.size();
      }
    }
    FileReader usual = most;
    byPath.values().removeIf(reader -> reader == usual);
    return new FileReaders(usual, byPath);
  }

  private FileReader reader(
      SparkSession session,
      FileReader.Key key,
      StructType partitionSchema,
      StructType required,
      Broadcast<SerializableConfiguration> configuration,
      SparkReader spark) {
    boolean same = DataType.equalsStructurally(key.types(), required, true);
    long rowBytes = 1;
    for (StructField field : required.fields()) {
      for (Map.Entry<String, Long> column : layouts.rowBytes().entrySet()) {
        rowBytes += column.getKey().equalsIgnoreCase(field.name()) ? column.getValue() : 0;
      }
    }
    long rows = batchRows(rowBytes, Integer.parseInt(session.conf().get(BATCH_ROWS)));
    Function1<PartitionedFile, Iterator<InternalRow>> reading =
        with(
            session,
            BATCH_ROWS,
            String.valueOf(rows),
            () ->
                key.unvectorised()
                    ? with(session, VECTORISED, "false", () -> spark.of(key.types(), same))
                    : spark.of(key.types(), same));
    return new FileReader(key, reading, same ? null : required, partitionSchema, configuration);
  }

  /** How many rows are decoded at a time. */
  static long batchRows(long rowBytes, int most) {
    return Math.max(1, Math.min(most, BATCH_BYTES / rowBytes));
  }

  private static <T> T with(SparkSession session, String key, String value, Supplier<T> action) {
    Option<String> before = session.conf().getOption(key);
    session.conf().set(key, value);
    try {
      return action.get();
    } finally {
      if (before.isDefined()) {
        session.conf().set(key, before.get());
      } else {
        session.conf().unset(key);
      }
    }
  }

  /** The types in a file of the columns that are asked for. */
  private static StructType own(
      FileLayout layout, StructType required, boolean caseSensitive, String path) {
    StructType types = new StructType();
    for (StructField field : required.fields()) {
      Optional<String> problem = layout.problem(field, caseSensitive);
      if (problem.isPresent()) {
        throw new BadDataException(
            "The file '%s' cannot be read: column %s".formatted(path, problem.get()));
      }
      DataType found =
          NumberTypes.position(layout.columns(), field.name(), caseSensitive)
              .map(at -> layout.columns().fields()[at].dataType())
              .orElseThrow(() -> missing(layout, field, path));
      DataType own =
          NumberTypes.readable(found, field.dataType(), caseSensitive)
              .orElseThrow(() -> conflict(found, field, path));
      types = types.add(field.name(), own, true);
    }
    return types;
  }

  private static BadDataException missing(FileLayout layout, StructField field, String path) {
    return new BadDataException(
        "The file '%s' has no column '%s', which other files of the table have; its columns are %s"
            .formatted(path, field.name(), NumberTypes.names(layout.columns())));
  }

  private static BadDataException conflict(DataType found, StructField field, String path) {
    return new BadDataException(
        "Column '%s' has the type %s in the file '%s', but %s in other files of the table"
            .formatted(
                field.name(), found.catalogString(), path, field.dataType().catalogString()));
  }
}
