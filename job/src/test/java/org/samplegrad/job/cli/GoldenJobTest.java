package org.samplegrad.job.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.golden.Closeness;
import org.samplegrad.core.golden.GoldenCase;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.datasets.spark.SparkSuite;

/** The command against PyTorch's results, file by file and parameter by parameter. */
class GoldenJobTest extends SparkSuite {
  private static final double TOLERANCE_FLOAT64 = 1e-10;
  private static final double TOLERANCE_VARIANCE_FLOAT32 = 1e-5;
  private static final double TOLERANCE_GRADIENT_FLOAT32 = 1e-4;

  @TempDir Path directory;

  static Stream<Arguments> casesAndPrecisions() {
    return GoldenCase.all().stream()
        .flatMap(golden -> Stream.of(Precision.values()).map(p -> Arguments.of(golden, p)));
  }

  @ParameterizedTest
  @MethodSource("casesAndPrecisions")
  void resultsEqualThoseOfPyTorch(GoldenCase golden, Precision precision) throws IOException {
    session();
    ResultDirectory results = variance(golden, "out", "--precision", precision.toString());
    boolean float64 = precision == Precision.FLOAT64;
    double varianceTolerance = float64 ? TOLERANCE_FLOAT64 : TOLERANCE_VARIANCE_FLOAT32;
    double gradientTolerance = float64 ? TOLERANCE_FLOAT64 : TOLERANCE_GRADIENT_FLOAT32;
    Closeness.assertThat(results.meanGradient())
        .isCloseTo(golden.meanGradient(), varianceTolerance);
    Closeness.assertThat(results.variance()).isCloseTo(golden.variance(), varianceTolerance);
    Closeness.assertThat(results.gradient()).isCloseTo(golden.gradient(), gradientTolerance);
    JsonNode summary = results.summary();
    assertThat(summary.get("n").longValue()).isEqualTo(golden.count());
    assertThat(summary.get("total_variance").doubleValue())
        .isCloseTo(golden.totalVariance(), within(varianceTolerance * golden.totalVariance()));
    assertThat(summary.get("total_variance_gradient_norm").doubleValue())
        .isCloseTo(golden.gradientNorm(), within(gradientTolerance * golden.gradientNorm()));
    assertThat(summary.get("precision_used").textValue()).isEqualTo(precision.toString());
  }

  /** It has no float64, in which some rows are evaluated for the error bounds. */
  @Test
  void theBackendCpuByName() throws IOException {
    session();
    GoldenCase golden = GoldenCase.named("seed-mnist-cnn");
    JsonNode summary = variance(golden, "out", "--backend", "cpu").summary();
    assertThat(summary.get("backend").textValue()).isEqualTo("cpu");
    assertThat(summary.get("gradient_relative_error_bound").doubleValue()).isBetween(1e-9, 1e-4);
  }

  @ParameterizedTest
  @CsvSource({"1, 64", "2, 3", "7, 1", "7, 64", "64, 3", "64, 1"})
  void anyPartitioningGivesTheSame(int partitions, int blockSize) throws IOException {
    session();
    GoldenCase golden = GoldenCase.named("seed-mnist-cnn");
    List<Object> cut =
        List.of("--partitions", partitions, "--block-size", blockSize, "--precision", "float64");
    ResultDirectory results = variance(golden, "out", cut.toArray());
    Closeness.assertThat(results.variance()).isCloseTo(golden.variance(), TOLERANCE_FLOAT64);
    Closeness.assertThat(results.gradient()).isCloseTo(golden.gradient(), TOLERANCE_FLOAT64);
  }

  /** The sums over each parameter alone: the same numbers, and no file of the elements. */
  @Test
  void theVarianceOfWholeParametersIsTheSumOfTheirElements() throws IOException {
    session();
    GoldenCase golden = GoldenCase.named("seed-mnist-cnn");
    ResultDirectory results =
        variance(golden, "out", "--variance", "parameters", "--precision", "float64");
    assertThat(results.fileNames()).doesNotContain("variance.safetensors");
    Closeness.assertThat(results.meanGradient())
        .isCloseTo(golden.meanGradient(), TOLERANCE_FLOAT64);
    Closeness.assertThat(results.gradient()).isCloseTo(golden.gradient(), TOLERANCE_FLOAT64);
    JsonNode summary = results.summary();
    assertThat(summary.get("total_variance").doubleValue())
        .isCloseTo(golden.totalVariance(), within(TOLERANCE_FLOAT64 * golden.totalVariance()));
    for (JsonNode parameter : summary.get("parameters")) {
      double sum =
          Arrays.stream(
                  golden
                      .variance()
                      .values(entry(golden.variance(), parameter.get("name").textValue())))
              .sum();
      assertThat(parameter.get("variance_sum").doubleValue())
          .isCloseTo(sum, within(TOLERANCE_FLOAT64 * golden.totalVariance()));
    }
  }

  private static ParameterLayout.Entry entry(ParameterVector vector, String name) {
    return vector.layout().entries().stream()
        .filter(entry -> entry.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theSameRunTwiceGivesTheSameBytes() throws IOException {
    session();
    GoldenCase golden = GoldenCase.named("seed-mnist-cnn");
    Object[] cut = {"--partitions", 7, "--block-size", 3};
    ResultDirectory first = variance(golden, "first", cut);
    ResultDirectory second = variance(golden, "second", cut);
    for (String file : ResultDirectory.TENSOR_FILES) {
      assertThat(second.path().resolve(file)).hasSameBinaryContentAs(first.path().resolve(file));
    }
  }

  @Test
  void theLinearExampleHasTheSamplesOfItsGoldenCase() throws IOException {
    session();
    GoldenCase golden = GoldenCase.named("seed-linear");
    Path output = directory.resolve("out");
    CommandRun run =
        CommandRun.of(
            "variance",
            "--model",
            "linear",
            "--weights",
            golden.copyWeights(directory),
            "--precision",
            "float64",
            "--output",
            output);
    assertThat(run.errors()).isEmpty();
    Closeness.assertThat(new ResultDirectory(output, golden.weights().layout()).gradient())
        .isCloseTo(golden.gradient(), TOLERANCE_FLOAT64);
  }

  private ResultDirectory variance(GoldenCase golden, String name, Object... more)
      throws IOException {
    Path output = directory.resolve(name);
    List<Object> arguments = new ArrayList<>();
    arguments.add("variance");
    arguments.addAll(List.of("--model", golden.model(), "--loss", golden.model().loss()));
    arguments.addAll(List.of("--weights", golden.copyWeights(directory)));
    arguments.addAll(List.of("--reduction", golden.reduction(), "--output", output));
    arguments.addAll(List.of("--data", golden.hasData() ? table(golden) : "mnist-test"));
    arguments.addAll(List.of(more));
    CommandRun run = CommandRun.of(arguments.toArray());
    assertThat(run.errors()).isEmpty();
    assertThat(run.exitCode()).isZero();
    return new ResultDirectory(output, golden.weights().layout());
  }

  private Path table(GoldenCase golden) throws IOException {
    Path table = directory.resolve(golden.name() + ".parquet");
    if (Files.notExists(table)) {
      String resource = "/golden/" + golden.name() + ".parquet";
      try (InputStream stream = getClass().getResourceAsStream(resource)) {
        Files.copy(stream, table);
      }
    }
    return table;
  }
}
