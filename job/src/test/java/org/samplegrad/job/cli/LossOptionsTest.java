package org.samplegrad.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.datasets.spark.SparkSuite;

/** Losses and their options on the command line. */
class LossOptionsTest extends SparkSuite {
  @TempDir Path directory;

  @Test
  void changeTheResultAndAreReported() {
    session();
    Path output = directory.resolve("out");
    CommandRun run =
        CommandRun.of(
            "variance",
            "--model",
            "linear",
            "--loss",
            "huber",
            "--loss-option",
            "delta=1e-3",
            "--output",
            output);
    assertThat(run.errors()).isEmpty();
    ParameterLayout layout = new ParameterLayout(List.of("0.weight"), List.of(Shape.of(1, 2)));
    var summary = new ResultDirectory(output, layout).summary();
    assertThat(summary.get("options").get("loss-option").textValue()).isEqualTo("delta=1e-3");
    // Beyond the bound the individual gradients are the features times 0.001, up to a sign.
    assertThat(summary.get("total_variance").doubleValue()).isBetween(1e-9, 1e-4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cross-entropy   | label-smoothing=0.1 ignore-index=3 class-weights=1,2,3,4,5,6,7,8,9,0",
        "cross-entropy   | target=probabilities label-smoothing=0.2",
        "nll             | ignore-index=3",
        "bce-with-logits | pos-weight=2 weight=1,2,3,4,5,6,7,8,9,0",
        "huber           | delta=0.5",
        "smooth-l1       | beta=0.5",
        "l1              |"
      })
  void agreeWithTheNaiveLoop(String loss, String options) {
    session();
    List<String> arguments =
        options == null
            ? List.of()
            : List.of(options.split(" ")).stream()
                .flatMap(option -> List.of("--loss-option", option).stream())
                .toList();
    for (String reduction : List.of("sum", "mean")) {
      CommandRun run =
          CommandRun.of(
              List.of("check", "--model", "mnist-cnn", "--data", "synthetic:12"),
              List.of("--loss", loss, "--reduction", reduction, "--precision", "float64"),
              arguments);
      assertThat(run.errors()).isEmpty();
      assertThat(run.output()).doesNotContain("False").contains("True");
    }
  }

  static Collection<LossKind> losses() {
    return LossKind.all();
  }

  @ParameterizedTest
  @MethodSource("losses")
  void areNamedInTheHelpText(LossKind kind) {
    String help = CommandRun.of("variance", "--help").output().replaceAll("\\s+", " ");
    assertThat(help).contains(kind.toString());
    assertThat(help).contains(String.join(", ", kind.optionNames()));
  }
}
