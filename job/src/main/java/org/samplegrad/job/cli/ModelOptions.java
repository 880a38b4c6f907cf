package org.samplegrad.job.cli;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.samplegrad.core.losses.Loss;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.models.ExampleModel;
import org.samplegrad.core.models.onnx.FileParameters;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.job.data.LoadedModel;
import org.samplegrad.job.data.ModelFiles;
import org.samplegrad.job.failures.WrongUsageException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** What is differentiated. */
final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "mnist-cnn, mnist-logistic, linear, a JSON model spec in a .json file, or a model exported"
              + " by PyTorch in an .onnx file.")
  String model;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description =
          "safetensors file with the parameters (default: those of an .onnx file, otherwise initial"
              + " ones from --seed).")
  String weights;

  @Option(
      names = "--accept-file-parameters",
      description =
          "Take the tensors of an .onnx file as the parameters, although they may not be those of"
              + " the PyTorch module.")
  boolean acceptFileParameters;

  @Spec(Spec.Target.MIXEE)
  CommandSpec command;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "0",
      description = "Seed of the initial parameters (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(
      names = "--loss",
      paramLabel = "LOSS",
      converter = LossConverter.class,
      completionCandidates = LossNames.class,
      description = "${COMPLETION-CANDIDATES}. Example models have a default.")
  LossKind loss;

  @Option(
      names = "--loss-option",
      paramLabel = "KEY=VALUE",
      completionCandidates = LossOptionNames.class,
      description = {
        "Option of the loss; may be repeated. Weights are numbers with commas between them; target is"
            + " classes or probabilities. Losses with options: ${COMPLETION-CANDIDATES}."
      })
  List<String> lossOptions = new ArrayList<>();

  @Option(
      names = "--reduction",
      paramLabel = "REDUCTION",
      defaultValue = "sum",
      description =
          "${COMPLETION-CANDIDATES}: mean gives every individual gradient the factor 1/N, as PyTorch"
              + " does (default: ${DEFAULT-VALUE}).")
  Reduction reduction;

  /** Reads a loss by its name in the catalogue. */
  static final class LossConverter implements ITypeConverter<LossKind> {
    @Override
    public LossKind convert(String name) {
      try {
        return LossKind.named(name);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** The catalogue of losses, for the help text. */
  static final class LossNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return LossKind.all().stream().map(LossKind::toString).iterator();
    }
  }

  /** The options as they are named in the catalogue of losses, for the help text. */
  static final class LossOptionNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return LossKind.all().stream()
          .filter(kind -> !kind.optionNames().isEmpty())
          .map(kind -> "%s (%s)".formatted(kind, String.join(", ", kind.optionNames())))
          .iterator();
    }
  }

  /** The path of the model's file, or null if it is an example. */
  String path() {
    return ExampleModel.named(model).isPresent() ? null : model;
  }

  /**
   * The parameters to differentiate at.
   *
   * @throws WrongUsageException if a seed is given for a model that brings its weights, or weights
   *     for one whose tensors are not the module's
   */
  ParameterVector parameters(LoadedModel loaded, ModelFiles files) {
    if (weights != null) {
      if (!loaded.merged().isEmpty()) {
        throw new WrongUsageException(
            "--weights has parameters of the PyTorch module, which cannot replace %s of '%s': these were computed from several of them. Leave --weights out, or export the model so that its parameters are kept"
                .formatted(String.join(", ", loaded.merged()), model));
      }
      return files.weights(weights, loaded.model().parameters(), loaded.unused());
    }
    if (loaded.weights() == null) {
      return loaded.model().initialParameters(seed);
    }
    if (command.commandLine().getParseResult().hasMatchedOption("--seed")) {
      throw new WrongUsageException(
          "--seed is for models without weights, and '%s' brings its own; leave it out"
              .formatted(model));
    }
    return loaded.weights();
  }

  /** What becomes of a file whose tensors may not be the module's parameters. */
  FileParameters fileParameters() {
    return acceptFileParameters ? FileParameters.ACCEPT : FileParameters.REFUSE_DOUBT;
  }

  /** Where the parameters come from, for the console. */
  String parameterSource(LoadedModel loaded) {
    if (weights != null) {
      return weights;
    }
    return loaded.weights() == null
        ? "initial values from seed " + seed
        : "weights of the model file";
  }

  /**
   * A loss with the options given.
   *
   * @throws WrongUsageException if it cannot take them
   */
  Loss create(LossKind kind) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String option : lossOptions) {
      String[] parts = option.split("=", 2);
      if (parts.length < 2) {
        throw new WrongUsageException(
            "--loss-option %s: expected KEY=VALUE, such as label-smoothing=0.1".formatted(option));
      }
      if (values.put(parts[0], parts[1]) != null) {
        throw new WrongUsageException("--loss-option %s is given twice".formatted(parts[0]));
      }
    }
    try {
      return kind.create(values);
    } catch (IllegalArgumentException e) {
      throw new WrongUsageException(e.getMessage(), e);
    }
  }
}
