package org.samplegrad.job.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samplegrad.core.golden.Closeness;
import org.samplegrad.core.golden.OnnxCase;
import org.samplegrad.datasets.spark.SparkSuite;

/** The command on models that PyTorch exported, with data in Parquet. */
class OnnxJobTest extends SparkSuite {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "conv-stride-padding",
        "residual",
        "layer-norm-gelu-dynamo-20",
        "mlp-bce-mean",
        "external-data",
        "shared-linear-script",
        "sequence-script"
      })
  void resultsEqualThoseOfPyTorch(String name) throws IOException {
    OnnxCase golden = OnnxCase.named(name);
    CommandRun run =
        CommandRun.of(
            command(golden, golden.copyModel(directory)), List.of("--precision", "float64"));
    assertThat(run.errors()).isEmpty();
    assertThat(run.output()).contains("weights of the model file");
    ResultDirectory results =
        new ResultDirectory(directory.resolve("out"), golden.model().model().parameters());
    Closeness.assertThat(results.meanGradient()).isCloseTo(golden.meanGradient(), 1e-10);
    Closeness.assertThat(results.variance()).isCloseTo(golden.variance(), 1e-10);
    Closeness.assertThat(results.gradient()).isCloseTo(golden.gradient(), 1e-10);
    assertThat(results.summary().get("total_variance").doubleValue())
        .isCloseTo(golden.totalVariance(), within(1e-10 * golden.totalVariance()));
  }

  @Test
  void weightsOfAnotherFileReplaceThoseOfTheModel() throws IOException {
    OnnxCase golden = OnnxCase.named("mlp-bce-mean");
    Path model = golden.copyModel(directory);
    CommandRun own = CommandRun.of(command(golden, model), List.of());
    assertThat(own.errors()).isEmpty();
    Path weights = directory.resolve("out").resolve("variance.safetensors"); // any of the shapes
    Path copy = Files.copy(weights, directory.resolve("weights.safetensors"));
    CommandRun run =
        CommandRun.of(command(golden, model), List.of("--weights", copy, "--overwrite"));
    assertThat(run.errors()).isEmpty();
    assertThat(run.output()).contains(copy.toString());
    ResultDirectory results =
        new ResultDirectory(directory.resolve("out"), golden.model().model().parameters());
    assertThat(results.summary().get("total_variance").doubleValue())
        .isNotCloseTo(golden.totalVariance(), within(1e-3 * golden.totalVariance()));
  }

  @Test
  void aSeedForAModelWithWeightsIsRefused() throws IOException {
    OnnxCase golden = OnnxCase.named("mlp-bce-mean");
    List<Object> command = command(golden, golden.copyModel(directory));
    assertRefused(CommandRun.of(command, List.of("--seed", "3")), "--seed");
  }

  @Test
  void mergedParametersAreRefusedUnlessTheyAreAccepted() throws IOException {
    OnnxCase golden = OnnxCase.named("residual-fused");
    Path output = directory.resolve("out");
    List<Object> command =
        List.of(
            "variance",
            "--model",
            golden.copyModel(directory),
            "--loss",
            golden.loss(),
            "--data",
            "synthetic:4",
            "--output",
            output);
    assertRefused(CommandRun.of(command, List.of()), "samplegrad.export(");
    CommandRun run = CommandRun.of(command, List.of("--accept-file-parameters"));
    assertThat(run.errors()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.output()).contains("Note: ").contains("onnx::Conv");
    JsonNode summary = new ObjectMapper().readTree(output.resolve("summary.json").toFile());
    assertThat(summary.get("notes").get(0).textValue()).contains("onnx::Conv");
    assertThat(
            CommandRun.of(
                    command,
                    List.of("--accept-file-parameters", "--overwrite", "--weights", "no-such-file"))
                .errors())
        .contains("--weights has parameters of the PyTorch module");
  }

  @Test
  void externalDataBehindALinkThatLeavesTheFolderAreRefused() throws IOException {
    OnnxCase golden = OnnxCase.named("external-data");
    Path folder = Files.createDirectory(directory.resolve("model"));
    Path model = golden.copyModel(folder);
    Path data = folder.resolve("model.onnx.data");
    Path outside = Files.move(data, directory.resolve("elsewhere.data"));
    Files.createSymbolicLink(data, outside);
    assertRefused(CommandRun.of(command(golden, model), List.of()), "leaves the folder");
  }

  @Test
  void missingExternalDataAreNamed() throws IOException {
    OnnxCase golden = OnnxCase.named("external-data");
    Path model = golden.copyModel(directory);
    Files.delete(directory.resolve("model.onnx.data"));
    assertRefused(CommandRun.of(command(golden, model), List.of()), "model.onnx.data");
  }

  @Test
  void aDamagedModelIsRefusedBeforeDataAreRead() throws IOException {
    OnnxCase golden = OnnxCase.named("mlp-bce-mean");
    Path model = golden.copyModel(directory);
    Files.writeString(model, "no model");
    List<Object> command = command(golden, model);
    command.set(command.indexOf("--data") + 1, directory.resolve("no-such-data"));
    assertRefused(CommandRun.of(command, List.of()), "model.onnx");
  }

  private void assertRefused(CommandRun run, String message) {
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.errors()).contains(message);
    assertThat(directory.resolve("out")).doesNotExist();
  }

  private List<Object> command(OnnxCase golden, Path model) throws IOException {
    session();
    Path table = directory.resolve("data.parquet");
    if (Files.notExists(table)) {
      String resource = "/golden-onnx/" + golden.name() + ".parquet";
      try (InputStream stream = getClass().getResourceAsStream(resource)) {
        Files.copy(stream, table);
      }
    }
    List<Object> command =
        new ArrayList<>(
            List.<Object>of(
                "variance",
                "--model",
                model,
                "--loss",
                golden.loss(),
                "--reduction",
                golden.reduction(),
                "--data",
                table,
                "--output",
                directory.resolve("out")));
    if (golden.acceptsFileParameters()) {
      command.add("--accept-file-parameters");
    }
    return command;
  }
}
