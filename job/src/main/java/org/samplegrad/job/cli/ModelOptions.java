package org.samplegrad.job.cli;

import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.moments.Reduction;
import picocli.CommandLine.Option;

/** What is differentiated. */
final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "mnist-cnn, mnist-logistic, linear, or a JSON model spec in a .json file.")
  String model;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description = "safetensors file with the parameters (default: initial ones from --seed).")
  String weights;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "0",
      description = "Seed of the initial parameters (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(
      names = "--loss",
      paramLabel = "LOSS",
      description = "${COMPLETION-CANDIDATES}. Example models have a default.")
  LossKind loss;

  @Option(
      names = "--reduction",
      paramLabel = "REDUCTION",
      defaultValue = "sum",
      description =
          "${COMPLETION-CANDIDATES}: mean gives every individual gradient the factor 1/N, as PyTorch"
              + " does (default: ${DEFAULT-VALUE}).")
  Reduction reduction;
}
