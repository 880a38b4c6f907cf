package org.samplegrad.datasets.spark.parquet;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.spark.sql.execution.datasources.parquet.ParquetToSparkSchemaConverter;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * What matters of a Parquet file before its rows are read; the same for most files of a directory.
 *
 * @param columns those that can be read, with the types that Spark gives them by this file alone
 * @param problems why other columns cannot be, a phrase by the path of each
 * @param unvectorised columns that only Spark's reader of single rows can read
 * @param footerChanged whether it needs a {@link KnownFooterFileSystem}
 * @param checksums whether it has some that the Parquet library does not look at ({@link
 *     PageChecksums})
 */
record FileLayout(
    StructType columns,
    Map<String, String> problems,
    Set<String> unvectorised,
    boolean footerChanged,
    boolean checksums)
    implements Serializable {

  /** What Spark's reader of single rows can read alone, and of these types alone. */
  private static final Encoding SPLIT = Encoding.BYTE_STREAM_SPLIT;

  private static final Set<PrimitiveTypeName> SPLIT_TYPES =
      Set.of(PrimitiveTypeName.FLOAT, PrimitiveTypeName.DOUBLE);

  static FileLayout of(
      Footer footer,
      ParquetMetadata metadata,
      boolean checksums,
      ParquetToSparkSchemaConverter converter) {
    Map<String, String> problems = new TreeMap<>();
    MessageType schema = metadata.getFileMetaData().getSchema();
    List<Type> readable = readable(schema, "", footer.unknown(), converter, problems);
    StructType columns =
        readable.isEmpty()
            ? new StructType()
            : converter.convert(new MessageType(schema.getName(), readable));
    Set<String> unvectorised = new TreeSet<>();
    for (BlockMetaData rowGroup : metadata.getBlocks()) {
      for (ColumnChunkMetaData chunk : rowGroup.getColumns()) {
        String path = chunk.getPath().toDotString();
        String problem = problem(chunk);
        if (problem != null) {
          problems.putIfAbsent(path, problem);
        }
        if (chunk.getEncodings().contains(SPLIT)) {
          unvectorised.add(chunk.getPath().toArray()[0]);
        }
      }
    }
    return new FileLayout(columns, problems, unvectorised, footer.changed(), checksums);
  }

  /** The columns that can be read, of plain structs the fields that can be. */
  private static List<Type> readable(
      GroupType group,
      String parent,
      Set<String> unknown,
      ParquetToSparkSchemaConverter converter,
      Map<String, String> problems) {
    List<Type> readable = new ArrayList<>();
    for (Type column : group.getFields()) {
      String path = parent + column.getName();
      if (isStruct(column)) {
        List<Type> fields =
            readable(column.asGroupType(), path + ".", unknown, converter, problems);
        if (!fields.isEmpty()) {
          readable.add(column.asGroupType().withNewFields(fields));
        }
        continue;
      }
      String problem = problem(column, path, unknown, converter);
      if (problem == null) {
        readable.add(column);
      } else {
        problems.put(path, problem);
      }
    }
    return readable;
  }

  private static boolean isStruct(Type column) {
    return !column.isPrimitive()
        && column.getLogicalTypeAnnotation() == null
        && !column.isRepetition(Type.Repetition.REPEATED);
  }

  private static String problem(
      Type column, String path, Set<String> unknown, ParquetToSparkSchemaConverter converter) {
    if (unknown.stream().anyMatch(name -> name.equals(path) || name.startsWith(path + "."))) {
      return "has a Parquet type that is newer than the Parquet library of this Spark, such as"
          + " float16: write it as float32";
    }
    try {
      converter.convert(new MessageType("column", List.of(column)));
      return null;
    } catch (Exception e) { // Spark's own are checked, but not declared
      return "has the Parquet type %s, which Spark does not read".formatted(type(column));
    }
  }

  private static String type(Type column) {
    if (!column.isPrimitive()) {
      return column.toString().replaceAll("\\s+", " ");
    }
    String primitive =
        column.asPrimitiveType().getPrimitiveTypeName().name().toLowerCase(Locale.ROOT);
    LogicalTypeAnnotation logical = column.getLogicalTypeAnnotation();
    return logical == null ? primitive : "%s (%s)".formatted(primitive, logical);
  }

  private static String problem(ColumnChunkMetaData chunk) {
    String codec = chunk.getCodec().getHadoopCompressionCodecClassName();
    if (codec != null && !isPresent(codec)) {
      return "is compressed with %s, whose codec %s this Spark does not have: write the file with"
              .formatted(chunk.getCodec(), codec)
          + " zstd, snappy or gzip, or add a library with that class to Spark (--jars)";
    }
    PrimitiveTypeName type = chunk.getPrimitiveType().getPrimitiveTypeName();
    return chunk.getEncodings().contains(SPLIT) && !SPLIT_TYPES.contains(type)
        ? "has the encoding %s for %s, which the Parquet library of this Spark does not read: write the file without it"
            .formatted(SPLIT, type.name().toLowerCase(Locale.ROOT))
        : null;
  }

  private static boolean isPresent(String className) {
    try {
      Class.forName(className, false, Thread.currentThread().getContextClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }

  /** What is known to be wrong with a column, or with the fields of it that are wanted. */
  Optional<String> problem(StructField wanted, boolean caseSensitive) {
    return paths(wanted, "")
        .flatMap(
            path ->
                problems.entrySet().stream()
                    .filter(problem -> isIn(problem.getKey(), path, caseSensitive))
                    .map(problem -> "'%s' %s".formatted(problem.getKey(), problem.getValue())))
        .findFirst();
  }

  private static Stream<String> paths(StructField field, String parent) {
    String path = parent + field.name();
    return field.dataType() instanceof StructType struct
        ? Arrays.stream(struct.fields()).flatMap(inner -> paths(inner, path + "."))
        : Stream.of(path);
  }

  private static boolean isIn(String problem, String path, boolean caseSensitive) {
    return (problem + ".").regionMatches(!caseSensitive, 0, path + ".", 0, path.length() + 1);
  }

  /** The bytes of a row's numbers in each column, the most in any row group. */
  static Map<String, Long> rowBytes(ParquetMetadata metadata) {
    Map<String, Long> most = new HashMap<>();
    for (BlockMetaData rowGroup : metadata.getBlocks()) {
      Map<String, Long> bytes = new HashMap<>();
      for (ColumnChunkMetaData chunk : rowGroup.getColumns()) {
        long plain =
            Math.max(chunk.getTotalUncompressedSize(), chunk.getValueCount() * width(chunk));
        bytes.merge(chunk.getPath().toArray()[0], plain, Long::sum);
      }
      long rows = Math.max(1, rowGroup.getRowCount());
      bytes.forEach((column, sum) -> most.merge(column, sum / rows + 1, Math::max));
    }
    return most;
  }

  private static int width(ColumnChunkMetaData chunk) {
    return switch (chunk.getPrimitiveType().getPrimitiveTypeName()) {
      case BOOLEAN -> 1;
      case INT32, FLOAT -> Integer.BYTES;
      case INT64, DOUBLE -> Long.BYTES;
      case INT96 -> 12;
      case FIXED_LEN_BYTE_ARRAY -> chunk.getPrimitiveType().getTypeLength();
      case BINARY -> 1;
    };
  }
}
