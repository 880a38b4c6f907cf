package org.samplegrad.job.cli;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.samplegrad.core.moments.VarianceDetail;
import org.samplegrad.job.data.ModelFiles;
import org.samplegrad.job.distributed.FunctionalResult;
import org.samplegrad.job.failures.ExitCode;
import org.samplegrad.job.failures.WrongUsageException;
import org.samplegrad.job.output.ConsoleReport;
import org.samplegrad.job.output.OutputDirectory;
import org.samplegrad.job.output.Report;
import org.samplegrad.job.output.ResultFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
    name = "variance",
    description = "Moments, total variance of the individual gradients, and its gradient.")
final class VarianceCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @ParentCommand SampleGradCommand program;

  @Mixin CommonOptions common;
  @Mixin ModelOptions model;
  @Mixin DataOptions data;
  @Mixin ComputeOptions compute;

  @Option(
      names = "--limit",
      paramLabel = "SAMPLES",
      description = "Use the first samples only (default: all).")
  Long limit;

  @Option(
      names = "--variance",
      paramLabel = "DETAIL",
      defaultValue = "elements",
      description =
          "${COMPLETION-CANDIDATES}: the variance of every element of the parameters, written to"
              + " variance.safetensors, or its sum for each parameter only, which is faster (default:"
              + " ${DEFAULT-VALUE}).")
  VarianceDetail variance;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Directory for the results; it appears whole or not at all.")
  String output;

  @Option(names = "--overwrite", description = "Replace the output directory if it exists.")
  boolean overwrite;

  @Override
  public Integer call() {
    compute.validate();
    ComputeOptions.requirePositive("--limit", limit);
    if (model.model == null) {
      throw new WrongUsageException(
          "--model is missing; choose one of %s, or a .json or .onnx file"
              .formatted(ModelFiles.examples()));
    }
    ConsoleReport console = new ConsoleReport(spec.commandLine().getOut());
    try (Session session = Session.open(spec.name());
        OutputDirectory directory = directory(session)) {
      Request request = Request.of(session, data, model, compute, variance, limit);
      console.print(
          "%s: %,d parameters, %s",
          model.model,
          request.parameters().layout().size(),
          model.parameterSource(request.loaded()));
      request.notes().forEach(note -> console.print("Note: %s", note));
      FunctionalResult result = request.totalVariance(variance, console);
      Report report = new Report(result, model.reduction, options(), request.notes());
      if (directory != null) {
        directory.write(ResultFiles.of(report));
      }
      console.summary(report);
      if (directory != null) {
        console.written(directory);
      }
      return ExitCode.DONE.value();
    }
  }

  /** Null if none was asked for. */
  private OutputDirectory directory(Session session) {
    program.started(session.context().sc().applicationId());
    if (output == null) {
      return null;
    }
    List<String> inputs =
        Stream.of(data.path(), model.weights, model.path()).filter(p -> p != null).toList();
    return OutputDirectory.prepare(
        output, overwrite, inputs, session.sql().sparkContext().hadoopConfiguration());
  }

  /** The options used, by name, defaults included. */
  private Map<String, String> options() {
    Map<String, String> options = new LinkedHashMap<>();
    for (OptionSpec option : spec.options()) {
      Object value = option.getValue();
      if (value != null && !option.usageHelp()) {
        options.put(option.longestName().substring("--".length()), text(value));
      }
    }
    return options;
  }

  private static String text(Object value) {
    return value instanceof Collection<?> values
        ? values.stream().map(Object::toString).collect(Collectors.joining(" "))
        : value.toString();
  }
}
