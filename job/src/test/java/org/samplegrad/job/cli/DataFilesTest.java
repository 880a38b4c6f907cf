package org.samplegrad.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.SaveMode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.samplegrad.datasets.spark.SparkSuite;

/** Which files are read, and how, before any row is looked at. */
class DataFilesTest extends SparkSuite {
  private static final int BAD_DATA = 3;

  private static final Map<String, String> LOGS =
      Map.of(
          "delta", "_delta_log/00000000000000000000.json",
          "iceberg", "metadata/v1.metadata.json",
          "hudi", ".hoodie/hoodie.properties");

  @TempDir Path directory;

  @BeforeEach
  void start() {
    session();
  }

  /** Two rows for the linear model in {@code part} of a directory. */
  private Path parquet(String part) {
    Path path = directory.resolve(part);
    session()
        .sql("SELECT array(id, 0.5d) features, id label FROM range(2)")
        .coalesce(1)
        .write()
        .mode(SaveMode.Append)
        .parquet(path.toString());
    return path;
  }

  private Path touched(String name) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, new byte[0]);
  }

  private Path text(String name, String... lines) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, List.of(lines));
  }

  private static CommandRun run(Object data, String... options) {
    List<Object> arguments =
        new ArrayList<>(List.of("variance", "--model", "linear", "--data", data));
    arguments.addAll(List.of(options));
    return CommandRun.of(arguments.toArray());
  }

  private static void assertRefused(CommandRun run, String... fragments) {
    assertThat(run.errors()).contains(fragments);
    assertThat(run.errors().strip().lines()).hasSize(1);
    assertThat(run.exitCode()).isEqualTo(BAD_DATA);
    assertThat(run.output()).doesNotContain("total variance");
  }

  @ParameterizedTest
  @CsvSource({"delta, k=1", "iceberg, data", "hudi, k=1"})
  void tablesThatSayWhatIsInThemAreNotReadAsPlainFiles(String format, String part)
      throws IOException {
    Path table = directory.resolve("table");
    Path data = parquet("table/" + part);
    assertThat(run(data).exitCode()).isZero();
    text("table/" + LOGS.get(format), "{}");
    Path file;
    try (Stream<Path> files = Files.list(data)) {
      file = files.filter(f -> f.toString().endsWith(".parquet")).findFirst().orElseThrow();
    }
    for (Object path : List.of(data, file, table + "/*/*.parquet", directory)) {
      assertRefused(
          run(path), "table'", "deleted rows", "--data file:" + table, "--format " + format);
    }
    for (String plain :
        List.of(
            "parquet",
            "PARQUET",
            "json",
            "org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat")) {
      assertRefused(run(table, "--format", plain), "deleted rows", "--format " + format);
    }
  }

  @Test
  void withoutItsReaderATableIsRefused() throws IOException {
    Path table = parquet("table");
    text("table/" + LOGS.get("delta"), "{}");
    assertRefused(run(table), "Delta Lake", "--packages io.delta:delta-spark");
    assertThat(run(table, "--format", "delta").exitCode()).isEqualTo(2);
  }

  /** {@link FirstRowSource} stands for the reader of one of the formats. */
  @Test
  void theReaderOfATableIsFound() throws IOException {
    Path table = parquet("table");
    text("table/" + LOGS.get("hudi"), "");
    for (CommandRun run : List.of(run(table), run(table, "--format", "hudi"))) {
      assertThat(run.exitCode()).as(run.errors()).isZero();
      assertThat(run.output()).contains("exact");
    }
  }

  @Test
  void aDirectoryCopiedOutOfATableIsKnown() throws IOException {
    Path data = parquet("copied");
    touched("copied/.hoodie_partition_metadata");
    for (Object path : List.of(data, data + "/*.parquet")) {
      assertRefused(run(path, "--format", "parquet"), "Hudi");
    }
  }

  @Test
  void aColumnInFilesAndInTheNamesOfDirectories() {
    parquet("table/label=1");
    assertRefused(run(directory.resolve("table")), "'label'", "names of their directories");
  }

  @Test
  void aPartOfWhatHasNoParts() {
    assertRefused(run(parquet("table"), "--features", "features.x"), "no column 'features.x'");
  }

  private static final String RECORD = "{\"features\": [1, 0.5], \"label\": 2}";

  @ParameterizedTest
  @ValueSource(strings = {RECORD + RECORD, RECORD + ", " + RECORD, RECORD + " 1", RECORD + " x"})
  void ofSeveralJsonValuesNoneIsPassedOver(String line) throws IOException {
    Path file = text("more.json", RECORD, line);
    assertRefused(run(file), "more.json'", "a line of its own");
    assertRefused(run(file, "--read-option", "multiline=true"), "more.json'", "one array");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"[%1$s,;%1$s]|true", "[%1$s, %1$s] |false", "%1$s;;%1$s|false"})
  void jsonRecordsInArraysAndLines(String form, String whole) throws IOException {
    Path file = text("all.json", form.replace(";", "\n").formatted(RECORD));
    CommandRun run = run(file, "--read-option", "multiLine=" + whole);
    assertThat(run.exitCode()).as(run.errors()).isZero();
    assertThat(run.output()).containsPattern("samples +2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"z.parquet", "k=1/z.parquet", "_k=1/z.parquet"})
  void anEmptyFileIsNamed(String name) throws IOException {
    Path data = parquet("table");
    touched("table/" + name);
    assertRefused(run(data), name, "0 bytes");
  }

  @Test
  void anEmptyFileThatIsNotReadDoesNotCount() throws IOException {
    Path data = parquet("table");
    touched("table/z.parquet");
    assertThat(run(data, "--read-option", "pathGlobFilter=part-*").exitCode()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"_SUCCESS", ".hidden", "_started_7", "_temporary/0/x", "x._COPYING_"})
  void emptyFilesThatSparkPassesOverDoNotCount(String name) throws IOException {
    Path data = parquet("table");
    touched("table/" + name);
    assertThat(run(data).exitCode()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"z.csv", "z.json", "z.orc"})
  void anEmptyFileOfAnyFormatIsNamed(String name) throws IOException {
    assertRefused(run(touched(name)), name, "0 bytes");
  }

  @Test
  void numbersInTheTextOfCsvFiles() throws IOException {
    Path data = text("t.csv", "features;label", "[1, 0.5];2", "[3, -1e-1];4.5");
    CommandRun run = run(data, "--read-option", "header=true", "--read-option", "sep=;");
    assertThat(run.exitCode()).as(run.errors()).isZero();
    Path json =
        text(
            "t.json",
            "{\"features\": [1, 0.5], \"label\": 2}",
            "{\"features\": [3, -0.1], \"label\": 4.5}");
    assertThat(variance(run)).isEqualTo(variance(run(json)));
  }

  private static String variance(CommandRun run) {
    return run.output()
        .lines()
        .filter(line -> line.contains("total variance"))
        .findFirst()
        .orElseThrow();
  }

  /** By default Spark goes by the positions of the first file's columns. */
  @Test
  void csvFilesWithColumnsInAnotherOrder() throws IOException {
    text("t/a.csv", "x,features,label", "1,2,3");
    text("t/b.csv", "x,label,features", "1,2,3");
    assertRefused(
        run(directory.resolve("t"), "--format", "csv", "--read-option", "header=true"),
        "header does not conform",
        "b.csv");
  }

  /** By default Spark passes over what is too much, so that a stray comma moves the columns. */
  @ParameterizedTest
  @ValueSource(strings = {"1;2;[2, 0];4", "1;[2, 0]"})
  void csvLinesOfAnotherLength(String line) throws IOException {
    Path data = text("t.csv", "x;features;label", "1;[2, 0];3", line);
    assertRefused(
        run(data, "--read-option", "header=true", "--read-option", "sep=;"),
        "Malformed CSV record",
        line);
  }

  /** By default Spark narrows the numbers to the types of the first file. */
  @Test
  void orcFilesWithOtherNumberTypes() {
    String path = directory.resolve("t").toString();
    session().sql("SELECT 1f x, 2 label").coalesce(1).write().orc(path);
    session().sql("SELECT 0.1d x, 2 label").write().mode("append").orc(path);
    assertRefused(run(path, "--format", "orc"), "merge incompatible data types");
  }

  @Test
  void oneHotLabels() {
    Path path = directory.resolve("t");
    session()
        .sql("SELECT array_repeat(0.5, 784) features, array(0,0,0,1,0,0,0,0,0,0) label")
        .write()
        .parquet(path.toString());
    CommandRun run = CommandRun.of("variance", "--model", "mnist-logistic", "--data", path);
    assertRefused(run, "'label' has 10 numbers", "--loss-option target=probabilities");
  }
}
