package org.samplegrad.job.cli;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.array_repeat;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.models.Safetensors;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.datasets.spark.SparkSuite;

/** Bad input ends in one message, the contract's exit code, and no output. */
class BadInputTest extends SparkSuite {
  private static final int UNUSABLE = 2;
  private static final int BAD_DATA = 3;

  /** Two files of three rows; the one that cases spoil is row 1 of the second. */
  private static final int ROWS = 6;

  private static final int SPOILT = 4;

  @TempDir Path directory;
  private Path output;

  @BeforeEach
  void chooseOutput() {
    session();
    output = directory.resolve("out");
  }

  private Column spoilt(Column instead, Column otherwise) {
    return when(col("id").equalTo(SPOILT), instead).otherwise(otherwise);
  }

  /** Rows for the linear model, two files of three rows. */
  private String table(Column features, Column label) {
    Dataset<Row> rows =
        session().range(0, ROWS, 1, 2).select(features.as("features"), label.as("label"));
    Path path = directory.resolve("table.parquet");
    rows.write().mode("overwrite").parquet(path.toString());
    return path.toString();
  }

  private Column pair() {
    return array(col("id").cast("double"), lit(0.5));
  }

  private Column number() {
    return col("id").cast("double");
  }

  private void assertFails(int exitCode, List<?> arguments, String... fragments)
      throws IOException {
    List<Path> before = files();
    CommandRun run = CommandRun.of(List.of("variance", "--output", output), arguments);
    assertThat(run.errors()).contains(fragments);
    assertThat(run.errors().strip().lines().count()).as(run.errors()).isLessThanOrEqualTo(2);
    assertThat(run.exitCode()).isEqualTo(exitCode);
    assertThat(run.output()).doesNotContain("total variance");
    assertStatus("failed", exitCode, run.errors().lines().findFirst().orElseThrow());
    assertThat(files()).isEqualTo(before);
  }

  /** The file beside the output, which is removed. */
  private void assertStatus(String state, int exitCode, String message) throws IOException {
    Path file = directory.resolve("out.status.json");
    JsonNode status = new ObjectMapper().readTree(file.toFile());
    assertThat(status.path("state").asText()).isEqualTo(state);
    assertThat(status.path("exit_code").intValue()).isEqualTo(exitCode);
    assertThat(status.path("message").asText()).isEqualTo(message);
    assertThat(status.has("application_id")).isTrue();
    Files.delete(file);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.sorted().toList();
    }
  }

  private List<?> linear(String data) {
    return List.of("--model", "linear", "--data", data);
  }

  @Test
  void wrongFeatureLength() throws IOException {
    String data = table(spoilt(array(lit(1.0)), pair()), number());
    assertFails(
        BAD_DATA, linear(data), "Row 1 of", "part-00001", "'features'", "1 number;", "expected 2");
  }

  @Test
  void notANumber() throws IOException {
    String data = table(spoilt(array(lit(1.0), lit(Double.NaN)), pair()), number());
    assertFails(
        BAD_DATA, linear(data), "Row 1 of", "part-00001", "'features'", "NaN at position 1");
  }

  @Test
  void infinite() throws IOException {
    Column infinite = array(lit(Double.NEGATIVE_INFINITY), lit(0.0));
    String data = table(spoilt(infinite, pair()), number());
    assertFails(
        BAD_DATA, linear(data), "Row 1 of", "part-00001", "'features'", "-Infinity at position 0");
  }

  @Test
  void nullFeatures() throws IOException {
    String data = table(spoilt(lit(null), pair()), number());
    assertFails(BAD_DATA, linear(data), "Row 1 of", "part-00001", "'features' is null");
  }

  @Test
  void nullElement() throws IOException {
    String data = table(spoilt(array(lit(1.0), lit(null)), pair()), number());
    assertFails(
        BAD_DATA, linear(data), "Row 1 of", "part-00001", "'features'", "null at position 1");
  }

  @Test
  void nullLabel() throws IOException {
    String data = table(pair(), spoilt(lit(null), number()));
    assertFails(BAD_DATA, linear(data), "Row 1 of", "part-00001", "'label' is null");
  }

  @ParameterizedTest
  @CsvSource({"10, class 10 is out of range", "-1, class -1 is out of range", "1.5, 1.5"})
  void labelThatIsNoClass(double label, String fragment) throws IOException {
    Column images = array_repeat(lit(0.0), 784);
    String data = table(images, spoilt(lit(label), lit(3.0)));
    List<?> arguments = List.of("--model", "mnist-logistic", "--data", data);
    assertFails(BAD_DATA, arguments, "Row 1 of", "part-00001", "'label'", fragment, "from 0 to 9");
  }

  @Test
  void everyLabelIgnored() throws IOException {
    String data = table(array_repeat(lit(0.5), 784), lit(-100));
    List<?> ignored =
        List.of("--model", "mnist-logistic", "--data", data, "--loss-option", "ignore-index=-100");
    assertFails(
        BAD_DATA,
        Stream.concat(ignored.stream(), Stream.of("--reduction", "mean")).toList(),
        "table.parquet",
        "no label that counts",
        "divide by 0");
    assertThat(CommandRun.of(List.of("variance"), ignored).exitCode()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"0.5, 2 numbers", "-0.25, -0.25 is not a probability"})
  void labelThatIsNoProbability(double last, String fragment) throws IOException {
    Column two = array(lit(0.5), lit(0.5));
    Column three = array(lit(0.5), lit(0.5), lit(last));
    String data =
        table(pair(), spoilt(last > 0 ? two : three, array(lit(0.5), lit(0.5), lit(0.0))));
    Path model =
        Files.writeString(
            directory.resolve("three.json"),
            "{\"input\": [2], \"layers\": [{\"linear\": {\"out\": 3}}]}");
    List<?> arguments =
        List.of(
            "--model", model, "--loss", "cross-entropy", "--loss-option", "target=probabilities");
    assertFails(
        BAD_DATA,
        Stream.concat(arguments.stream(), Stream.of("--data", data)).toList(),
        "Row 1 of",
        "'label'",
        fragment);
  }

  @Test
  void emptyDataSet() throws IOException {
    String data = table(pair(), number());
    session().read().parquet(data).limit(0).write().parquet(data + ".empty");
    assertFails(BAD_DATA, linear(data + ".empty"), "is empty");
  }

  @Test
  void nothingButBadRows() throws IOException {
    String data = table(array(lit(1.0)), number());
    List<?> skip = List.of("--model", "linear", "--data", data, "--on-bad-row", "skip");
    assertFails(BAD_DATA, skip, "no usable row", "all 6");
  }

  @Test
  void missingFile() throws IOException {
    assertFails(BAD_DATA, linear(directory + "/none.parquet"), "none.parquet");
  }

  @ParameterizedTest
  @CsvSource({"_SUCCESS", ".part-0.parquet", "_temporary/0/part-0.parquet"})
  void directoryWithoutDataFiles(String hidden) throws IOException {
    Path file = directory.resolve("nothing").resolve(hidden);
    Files.createDirectories(file.getParent());
    Files.createFile(file);
    assertFails(BAD_DATA, linear(directory + "/nothing"), "no data files in", "nothing");
  }

  @Test
  void unknownFormat() throws IOException {
    String data = table(pair(), number());
    List<?> arguments = List.of("--model", "linear", "--data", data, "--format", "swoosh");
    assertFails(UNUSABLE, arguments, "no format 'swoosh'", "json, orc, parquet");
  }

  @Test
  void unknownFileSystem() throws IOException {
    assertFails(BAD_DATA, linear("s3a://bucket/x"), "'s3a://bucket/x' cannot be reached");
  }

  @Test
  void fileWithoutARecord() throws IOException {
    Path file = Files.writeString(directory.resolve("text.json"), "no json\nat all\n");
    assertFails(BAD_DATA, linear(file.toString()), "text.json", "no json record", "multiLine");
  }

  @Test
  void filesThatDisagreeOnTheType() throws IOException {
    Path data = Files.createDirectory(directory.resolve("mixed"));
    Map<String, Column> features = Map.of("a.parquet", pair(), "b.parquet", lit("text"));
    for (String name : features.keySet()) {
      Path table = directory.resolve("one-" + name);
      Dataset<Row> rows =
          session()
              .range(0, 1, 1, 1)
              .select(features.get(name).as("features"), number().as("label"));
      rows.write().parquet(table.toString());
      try (Stream<Path> files = Files.list(table)) {
        Path part = files.filter(f -> f.toString().endsWith(".parquet")).findFirst().orElseThrow();
        Files.copy(part, data.resolve(name));
      }
    }
    assertFails(
        BAD_DATA, linear(data.toString()), "b.parquet", "'features' has the type string", "array");
  }

  /** Spark asserts there, which is an error and no exception. */
  @Test
  void directoriesThatAreNoPartitions() throws IOException {
    Path data = directory.resolve("partitioned");
    Dataset<Row> rows = session().range(1).select(pair().as("features"), number().as("label"));
    rows.write().parquet(data.resolve("k=1").toString());
    rows.write().parquet(data.resolve("other").toString());
    assertFails(BAD_DATA, linear(data.toString()), "partitioned", "Conflicting directory");
  }

  @Test
  void textInACsvFile() throws IOException {
    Path file = Files.writeString(directory.resolve("table.csv"), "1,2\n3,4\n");
    List<?> arguments =
        List.of("--model", "linear", "--data", file, "--features", "_c0", "--label", "_c1");
    assertFails(BAD_DATA, arguments, "Row 0 of", "table.csv", "'_c0' has 1 number", "expected 2");
    assertFails(BAD_DATA, linear(file.toString()), "no column 'features'", "header=true");
  }

  @Test
  void unequalInnerArrays() throws IOException {
    Column nested = array(array(col("id").cast("double")), array(lit(0.5)));
    Column ragged = array(array(lit(1.0), lit(2.0)), array().cast("array<double>"));
    String data = table(spoilt(ragged, nested), number());
    assertFails(BAD_DATA, linear(data), "Row 1 of", "'features'", "different lengths, 2 and 0");
  }

  @Test
  void modelThatDoesNotFitIntoMemory() throws IOException {
    Path model =
        Files.writeString(
            directory.resolve("large.json"),
            "{\"input\": [46000], \"layers\": [{\"linear\": {\"out\": 46000}}]}");
    List<?> arguments = List.of("--model", model, "--loss", "mse", "--data", "synthetic:1");
    assertFails(
        UNUSABLE,
        arguments,
        "The memory does not suffice",
        "2,116,046,000 parameters",
        "SAMPLEGRAD_DRIVER_MEMORY");
  }

  @ParameterizedTest
  @CsvSource({"--features", "--label"})
  void columnThatIsAPattern(String option) throws IOException {
    String data = table(pair(), number());
    List<?> arguments = List.of("--model", "linear", "--data", data, option, "*");
    assertFails(BAD_DATA, arguments, "no column '*'", "features, label");
  }

  @ParameterizedTest
  @CsvSource({"--features", "--label"})
  void missingColumn(String option) throws IOException {
    String data = table(pair(), number());
    List<?> arguments = List.of("--model", "linear", "--data", data, option, "nope");
    assertFails(BAD_DATA, arguments, "no column 'nope'", "features, label");
  }

  @Test
  void columnThatHoldsNoNumbers() throws IOException {
    String data = table(pair(), lit("five"));
    assertFails(BAD_DATA, linear(data), "Row 0 of", "'label' holds the text 'five'");
    String dates = table(pair(), lit("2024-01-01").cast("date"));
    assertFails(BAD_DATA, linear(dates), "'label'", "has the type date");
  }

  @Test
  void fileThatIsNotOfItsFormat() throws IOException {
    Path file = Files.writeString(directory.resolve("text.parquet"), "not parquet at all");
    assertFails(BAD_DATA, linear(file.toString()), "text.parquet", "parquet");
  }

  @Test
  void damagedFile() throws IOException {
    Path table = Path.of(table(pair(), number()));
    try (Stream<Path> files = Files.list(table)) {
      Path last =
          files.filter(f -> f.getFileName().toString().startsWith("part")).sorted().toList().get(1);
      byte[] bytes = Files.readAllBytes(last);
      Files.write(last, Arrays.copyOf(bytes, bytes.length / 2));
      Files.deleteIfExists(last.resolveSibling("." + last.getFileName() + ".crc"));
    }
    assertFails(BAD_DATA, linear(table.toString()), "cannot be read");
  }

  @Test
  void truncatedIdxFile() throws IOException {
    byte[] header = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28};
    try (OutputStream stream =
        new GZIPOutputStream(
            Files.newOutputStream(directory.resolve("train-images-idx3-ubyte.gz")))) {
      stream.write(header);
      stream.write(new byte[1000]);
    }
    assertFails(
        BAD_DATA,
        List.of("--model", "mnist-cnn", "--data", "mnist:" + directory),
        "train-images-idx3-ubyte.gz",
        "cut short");
  }

  private Path weights(List<String> names, List<Shape> shapes) throws IOException {
    ParameterLayout layout = new ParameterLayout(names, shapes);
    Path path = directory.resolve("weights.safetensors");
    try (OutputStream stream = Files.newOutputStream(path)) {
      Safetensors.write(new ParameterVector(layout, new double[layout.size()]), stream);
    }
    return path;
  }

  private List<?> linearWith(Path weights) {
    return List.of("--model", "linear", "--weights", weights);
  }

  @Test
  void missingTensor() throws IOException {
    Path weights = weights(List.of("weight"), List.of(Shape.of(1, 2)));
    assertFails(UNUSABLE, linearWith(weights), "'0.weight'", "missing", "'weight'");
  }

  @Test
  void extraTensor() throws IOException {
    Path weights = weights(List.of("0.weight", "0.bias"), List.of(Shape.of(1, 2), Shape.of(1)));
    assertFails(UNUSABLE, linearWith(weights), "'0.bias'", "no parameter");
  }

  @Test
  void misshapenTensor() throws IOException {
    Path weights = weights(List.of("0.weight"), List.of(Shape.of(2, 1)));
    assertFails(UNUSABLE, linearWith(weights), "'0.weight'", "[1, 2]", "[2, 1]");
  }

  @Test
  void truncatedWeights() throws IOException {
    Path weights = weights(List.of("0.weight"), List.of(Shape.of(1, 2)));
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(bytes, bytes.length - 3));
    assertFails(UNUSABLE, linearWith(weights), "cut short");
  }

  @Test
  void existingOutput() throws IOException {
    Files.createDirectory(output);
    assertFails(UNUSABLE, List.of("--model", "linear"), "exists", "--overwrite");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--model nope | mnist-cnn",
        "--data mnist-test | --model is missing",
        "--model linear --loss hinge | cross-entropy, huber, l1, mse",
        "--model linear --loss-option delta=1 | this loss has none",
        "--model linear --loss huber --loss-option beta=1 | choose one of delta",
        "--model linear --loss huber --loss-option delta | expected KEY=VALUE",
        "--model linear --loss huber --loss-option delta=1 --loss-option delta=2 | given twice",
        "--model mnist-cnn --loss-option class-weights=1,2 | expected 10, one for each class",
        "--model linear --reduction median | sum, mean",
        "--model linear --backend abacus | nd4j",
        "--model linear --precision float16 | float32, float64",
        "--model linear --limit 0 | --limit must be at least 1",
        "--model linear --partitions -1 | --partitions must be at least 1",
        "--model linear --partitions 100001 | --partitions must be at most 100000",
        "--model mnist-cnn --block-size 1000000000 | --block-size",
        "--model linear --data synthetic:many | synthetic:N",
        "--model linear --colour blue | --colour",
        "--model linear --backend cpu --precision float64 | does not compute in float64",
        "--model linear --loss cross-entropy --data nowhere.parquet | bce-with-logits",
        "--model linear --loss nll --data nowhere.parquet | bce-with-logits",
        "--model linear --loss cross-entropy --loss-option target=probabilities | bce-with-logits",
        "--model mnist-cnn --weights nowhere.safetensors | does not exist",
        "--model linear --loss cross-entropy --limit zero | --limit"
      })
  void wrongUsage(String arguments, String fragment) throws IOException {
    assertFails(UNUSABLE, List.of(arguments.split(" ")), fragment);
  }

  @Test
  void skippedRowsAreCounted() {
    String data = table(spoilt(array(lit(1.0)), pair()), number());
    CommandRun run =
        CommandRun.of(
            List.of("variance", "--output", output, "--on-bad-row", "skip"), linear(data));
    assertThat(run.exitCode()).isZero();
    assertThat(run.output()).contains("1 bad row");
    ParameterLayout layout = new ParameterLayout(List.of("0.weight"), List.of(Shape.of(1, 2)));
    assertThat(new ResultDirectory(output, layout).summary().get("skipped_rows").intValue())
        .isEqualTo(1);
  }

  @Test
  void stackTraceOnRequestOnly() {
    assertThat(CommandRun.of("variance", "--model", "nope").errors()).doesNotContain("\tat ");
    assertThat(CommandRun.of("variance", "--model", "nope", "--stacktrace").errors())
        .contains("\tat ");
  }
}
