package org.samplegrad.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.datasets.spark.SparkSuite;

class CheckCommandTest extends SparkSuite {
  private static final int LINES_OF_THREE_EXAMPLES = 3 + 1 + 2 + 4;

  @ParameterizedTest
  @CsvSource({"sum, float32", "sum, float64", "mean, float32", "mean, float64", "sum, auto"})
  void theThreeExamplesAgreeWithTheNaiveLoop(String reduction, String precision) {
    session();
    CommandRun run = CommandRun.of("check", "--reduction", reduction, "--precision", precision);
    assertThat(run.errors()).isEmpty();
    assertThat(run.output()).doesNotContain("False");
    assertThat(run.output().lines().filter(line -> line.endsWith("? True")))
        .hasSize(LINES_OF_THREE_EXAMPLES);
    assertThat(run.exitCode()).isZero();
  }

  @Test
  void endsWithOneIfTheJobComputesSomethingElse() {
    session();
    CommandRun run = CommandRun.of("check", "--backend", "distorted");
    assertThat(run.output())
        .contains("Note: " + DistortedBackendProvider.ADVICE)
        .contains("Total variance is the same? False");
    assertThat(run.output().lines().filter(line -> line.endsWith("? False")))
        .hasSize(LINES_OF_THREE_EXAMPLES);
    assertThat(run.output()).doesNotContain("True");
    assertThat(run.exitCode()).isEqualTo(1);
  }

  @Test
  void takesAnyModelAndData() {
    session();
    CommandRun run =
        CommandRun.of("check", "--model", "mnist-logistic", "--data", "synthetic:50", "--limit", 5);
    assertThat(run.output()).contains("mnist-logistic: 5 samples").doesNotContain("False");
    assertThat(run.exitCode()).isZero();
  }
}
