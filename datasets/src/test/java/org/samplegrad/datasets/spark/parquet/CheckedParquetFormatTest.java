package org.samplegrad.datasets.spark.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.samplegrad.datasets.BadDataException;
import org.samplegrad.datasets.spark.SparkSuite;

/** Files of pyarrow (make_parquet_files.py) and of Spark, alone and side by side. */
class CheckedParquetFormatTest extends SparkSuite {
  private static final int ROWS = 4;

  @TempDir static Path queries;
  @TempDir Path directory;

  private Path copied(String name) throws IOException {
    Path copy = directory.resolve(name);
    try (InputStream stream =
        Objects.requireNonNull(CheckedParquetFormatTest.class.getResourceAsStream(name))) {
      Files.copy(stream, copy);
    }
    return copy;
  }

  /** Writes the rows of a query as one file; those of equal queries are written once. */
  private void write(String file, String query) throws IOException {
    Path table = queries.resolve(UUID.nameUUIDFromBytes(query.getBytes()).toString());
    if (!Files.exists(table)) {
      session().sql(query).coalesce(1).write().parquet(table.toString());
    }
    Path copy = directory.resolve(file);
    Files.createDirectories(copy.getParent());
    try (Stream<Path> files = Files.list(table)) {
      Files.copy(
          files.filter(f -> f.toString().endsWith(".parquet")).findFirst().orElseThrow(), copy);
    }
  }

  private Dataset<Row> table(Path path) {
    return session().read().format(CheckedParquetFormat.class.getName()).load(path.toString());
  }

  private static List<Row> sorted(Dataset<Row> table, String... expressions) {
    Dataset<Row> selected = table.selectExpr(expressions);
    return selected.orderBy(selected.columns()[0]).collectAsList();
  }

  static Stream<String> whatNobodyAskedForDoesNoHarm() {
    return Stream.of("label", "nested.number", "split", "uint8", "uint32", "uint64");
  }

  private static Object expected(String column, int n) {
    return switch (column) {
      case "nested.number" -> (long) n;
      case "split" -> (double) n;
      case "uint8" -> (short) (250 + n);
      case "uint32" -> (1L << 32) - ROWS + n;
      case "uint64" -> new BigDecimal("9223372036854775808").add(BigDecimal.valueOf(n * 4096L));
      default -> n;
    };
  }

  @ParameterizedTest
  @MethodSource
  void whatNobodyAskedForDoesNoHarm(String column) throws IOException {
    List<Row> rows = table(copied("columns.parquet")).select(column, "features").collectAsList();
    assertThat(rows).hasSize(ROWS);
    for (int n = 0; n < ROWS; n++) {
      assertThat(rows.get(n).get(0)).isEqualTo(expected(column, n));
      assertThat(rows.get(n).<Float>getList(1)).containsExactly((float) n, n / 2f);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "half           | newer than the Parquet library",
        "halves         | newer than the Parquet library",
        "nanoseconds    | int64 (TIMESTAMP(NANOS,false))",
        "brotli         | compressed with BROTLI, whose codec org.apache.hadoop.io.compress.Brotli",
        "split_integers | encoding BYTE_STREAM_SPLIT for int32"
      })
  void whatCannotBeReadIsNamedBeforeDataAre(String column, String problem) throws IOException {
    Path path = copied("columns.parquet");
    assertThatThrownBy(() -> table(path).select(column).queryExecution().toRdd())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("columns.parquet")
        .hasMessageContaining("'" + column + "'")
        .hasMessageContaining(problem);
  }

  @Test
  void nothingButFloat16() throws IOException {
    Path path = copied("float16.parquet");
    assertThat(sorted(table(path), "label")).hasSize(ROWS);
    assertThatThrownBy(() -> table(path).select("features").queryExecution().toRdd())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("column 'features'");
  }

  @Test
  void aFileWithoutRowsAmongOthers() throws IOException {
    copied("no-rows.parquet");
    assertThat(table(directory).count()).isZero();
    copied("checksums-2.0.parquet");
    assertThat(sorted(table(directory), "label")).hasSizeGreaterThan(1);
  }

  private static final List<String> TYPES =
      List.of("boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(9,2)");

  static Stream<Arguments> pairsOfTypes() {
    return TYPES.stream()
        .flatMap(
            one ->
                TYPES.stream()
                    .filter(other -> !other.equals(one))
                    .map(other -> Arguments.of(one, other)));
  }

  /** Scalars, arrays, arrays of arrays, and the fields of structs. */
  @ParameterizedTest
  @MethodSource("pairsOfTypes")
  void filesWithDifferentNumberTypes(String one, String other) throws IOException {
    String query =
        "SELECT CAST(%2$d AS %1$s) n, CAST(array(%2$d, 1) AS array<%1$s>) a, 'x' unused,"
            + " CAST(array(array(%2$d)) AS array<array<%1$s>>) aa, named_struct('t', 'x', 'n', CAST(%2$d AS %1$s)) s";
    write("mixed/a.parquet", query.formatted(one, 0));
    write("mixed/b.parquet", query.formatted(other, 1));
    List<Row> rows =
        sorted(
            table(directory.resolve("mixed")),
            "CAST(n AS double)",
            "CAST(a AS array<double>)",
            "CAST(aa[0][0] AS double)",
            "CAST(s.n AS double)");
    assertThat(rows).hasSize(2);
    for (int n = 0; n < 2; n++) {
      assertThat(rows.get(n).getDouble(0)).isEqualTo(n);
      assertThat(rows.get(n).<Double>getList(1)).containsExactly((double) n, 1.0);
      assertThat(rows.get(n).getDouble(2)).isEqualTo(n);
      assertThat(rows.get(n).getDouble(3)).isEqualTo(n);
    }
  }

  @Test
  void widenedNumbersKeepAllTheirDigits() throws IOException {
    write("mixed/a.parquet", "SELECT 2147483647 n, 0.1f f");
    write("mixed/b.parquet", "SELECT 9007199254740993L n, 0.1d f");
    List<Row> rows = sorted(table(directory.resolve("mixed")), "n", "f");
    assertThat(rows.get(0).getLong(0)).isEqualTo(Integer.MAX_VALUE);
    assertThat(rows.get(0).getDouble(1)).isEqualTo(0.1f);
    assertThat(rows.get(1).getLong(0)).isEqualTo(9007199254740993L);
    assertThat(rows.get(1).getDouble(1)).isEqualTo(0.1);
  }

  @Test
  void filtersCompareTheTablesNumbers() throws IOException {
    write("mixed/a.parquet", "SELECT 1 n");
    write("mixed/b.parquet", "SELECT 4294967297L n");
    assertThat(table(directory.resolve("mixed")).where("n = 4294967297").collectAsList())
        .hasSize(1);
    assertThat(table(directory.resolve("mixed")).where("n = 1").collectAsList()).hasSize(1);
  }

  /** Columns in another order, of another case, in directories that are partitions, or left out. */
  @Test
  void columnsGoByTheirNames() throws IOException {
    write("mixed/k=1/a.parquet", "SELECT 1 n, 2f m");
    write("mixed/k=2/b.parquet", "SELECT 4d m, 'x' other, 3L N");
    write("mixed/k=2/c.parquet", "SELECT 5 n, 6f m, 7 more");
    List<Row> rows = sorted(table(directory.resolve("mixed")), "m", "k", "n");
    assertThat(rows.stream().map(row -> row.getDouble(0))).containsExactly(2., 4., 6.);
    assertThat(rows.stream().map(row -> row.getInt(1))).containsExactly(1, 2, 2);
    assertThat(rows.stream().map(row -> row.getLong(2))).containsExactly(1L, 3L, 5L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SELECT 1 n, 'a' m | m | 'm' has the type string in the file",
        "SELECT 1 n        | m | has no column 'm', which other files of the table have",
        "SELECT 1 n, array(1) m | m | 'm' has the type array<int>"
      })
  void filesThatDisagree(String query, String column, String problem) throws IOException {
    write("mixed/a.parquet", "SELECT 2 n, 0.5 m");
    write("mixed/b.parquet", query);
    Dataset<Row> table = table(directory.resolve("mixed"));
    assertThat(sorted(table, "n")).hasSize(2);
    assertThatThrownBy(() -> table.select(column).queryExecution().toRdd())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("b.parquet")
        .hasMessageContaining(problem);
  }

  /** Each byte of the pages in turn; those of column indices and the like are not looked at. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "checksums-1.0.parquet",
        "checksums-1.0-dictionary.parquet",
        "checksums-2.0.parquet",
        "checksums-2.0-dictionary.parquet"
      })
  void aDamagedPageIsNoticed(String name) throws IOException {
    Path path = copied(name);
    assertThat(table(path).select("features").collectAsList()).hasSize(ROWS);
    byte[] intact = Files.readAllBytes(path);
    ColumnChunkMetaData chunk = chunk(path);
    int end = (int) (chunk.getStartingPos() + chunk.getTotalSize());
    byte[] damaged = intact.clone();
    damaged[end - 3] ^= 1;
    Files.write(path, damaged);
    assertThatThrownBy(() -> table(path).select("features").collectAsList())
        .hasStackTraceContaining(name)
        .hasStackTraceContaining("CRC checksum verification failed");
    assertThat(table(path).select("label").collectAsList()).hasSize(ROWS);
    assertThat(
            session()
                .read()
                .format(CheckedParquetFormat.class.getName())
                .option("parquet.page.verify-checksum.enabled", "false")
                .load(path.toString())
                .select("label")
                .collectAsList())
        .hasSize(ROWS);
  }

  private static ColumnChunkMetaData chunk(Path path) throws IOException {
    try (ParquetFileReader reader =
        ParquetFileReader.open(
            HadoopInputFile.fromPath(
                new org.apache.hadoop.fs.Path(path.toString()), new Configuration()))) {
      return reader.getFooter().getBlocks().get(0).getColumns().get(0);
    }
  }

  /** Of 100 kB each, of which the usual batch of 4,096 rows would be 400 MB. */
  @Test
  void longRowsAreReadAFewAtATime() throws IOException {
    write("long.parquet", "SELECT id, array_repeat(CAST(id AS float), 25000) a FROM range(40)");
    FileLayouts layouts = layouts(directory.resolve("long.parquet"));
    assertThat(layouts.rowBytes().get("a")).isBetween(100_000L, 110_000L);
    assertThat(CheckedParquetFormat.batchRows(layouts.rowBytes().get("a"), 4096)).isEqualTo(41);
    assertThat(CheckedParquetFormat.batchRows(100, 4096)).isEqualTo(4096);
    assertThat(CheckedParquetFormat.batchRows(1L << 40, 4096)).isEqualTo(1);
    List<Row> rows = sorted(table(directory.resolve("long.parquet")), "id", "a[24999]");
    assertThat(rows.stream().mapToDouble(row -> row.getFloat(1)).toArray())
        .containsExactly(IntStream.range(0, 40).asDoubleStream().toArray());
  }

  private FileLayouts layouts(Path path) throws IOException {
    org.apache.hadoop.fs.Path file = new org.apache.hadoop.fs.Path(path.toUri());
    return FileLayouts.read(
        jsc(),
        List.of(file.getFileSystem(sc().hadoopConfiguration()).getFileStatus(file)),
        CheckedParquetFormat.configuration(session(), new scala.collection.immutable.HashMap<>()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "PAR1                 | it has only 4 bytes",
        "PAR1 and no more 1   | does not end as a Parquet file does",
        "PAR1 ....zzzzPAR1    | does not end as a Parquet file does",
        "PAR1 ....zzzzPARE    | it is encrypted"
      })
  void whatIsNoParquetFile(String text, String problem) throws IOException {
    Path path = Files.writeString(directory.resolve("text.parquet"), text);
    assertThatThrownBy(() -> table(path))
        .hasStackTraceContaining("text.parquet")
        .hasStackTraceContaining(problem);
  }

  @Test
  void noTruncatedOrDamagedFooterIsRead() throws IOException {
    Path path = copied("checksums-1.0.parquet");
    byte[] bytes = Files.readAllBytes(path);
    for (int length = 1; length < bytes.length; length += 97) {
      Files.write(path, Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> table(path)).isInstanceOf(BadDataException.class);
    }
  }
}
