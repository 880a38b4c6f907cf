package org.samplegrad.job.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.differential.Comparison;
import org.samplegrad.core.differential.Comparison.Difference;
import org.samplegrad.core.differential.Outcome;
import org.samplegrad.core.differential.Outcome.Verdict;
import org.samplegrad.core.differential.RandomModel;
import org.samplegrad.core.models.UnusableModelException;
import org.samplegrad.core.moments.MomentStatistics;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.TwoPasses;

/**
 * Runs the command {@code variance} on a random model with its data, and compares what stands in
 * the output directory with what is right.
 */
final class JobTrial {
  /** What a variance or gradient may be off that is printed without a word. */
  private static final double LARGEST_ERROR = 1e-4;

  private final RandomModel model;
  private final Path directory;
  private final List<String> wrong = new ArrayList<>();
  private final List<ErrorFigure> figures = new ArrayList<>();

  /**
   * @param directory an empty one to work in
   */
  JobTrial(RandomModel model, Path directory) {
    this.model = model;
    this.directory = directory;
  }

  /** Errors in float32 beside the bounds that the summary gives. */
  List<ErrorFigure> figures() {
    return List.copyOf(figures);
  }

  Outcome outcome() throws IOException {
    Shape sample;
    try {
      sample = model.model().model().inputShape();
    } catch (UnusableModelException e) {
      sample = null;
    }
    Files.copy(model.folder().resolve(RandomModel.MODEL), directory.resolve(RandomModel.MODEL));
    // A model that cannot be used is refused before data are looked at.
    Files.write(directory.resolve("data.json"), sample == null ? List.of() : model.lines(sample));
    CommandRun auto = run("auto");
    if (auto.exitCode() == 2 && sample == null && auto.errors().lines().count() == 1) {
      return new Outcome(model, Verdict.REFUSED, auto.errors().strip(), "");
    }
    if (auto.exitCode() != 0 || run("float32").exitCode() != 0) {
      String message = "exit code %d: %s".formatted(auto.exitCode(), auto.errors());
      return new Outcome(model, Verdict.WRONG, message, "");
    }
    ResultDirectory results = new ResultDirectory(directory.resolve("auto"), model.parameters());
    JsonNode summary = results.summary();
    if (!namesAreOfModule(summary)) {
      boolean noted = summary.get("notes").size() > 0;
      return new Outcome(model, noted ? Verdict.RENAMED : Verdict.WRONG, "other names", "");
    }
    String used = summary.get("precision_used").textValue().toUpperCase(Locale.ROOT);
    compare(results, summary, Precision.valueOf(used));
    ResultDirectory float32 = new ResultDirectory(directory.resolve("float32"), model.parameters());
    addFigures(float32);
    String measured = "%s; in float32 %s. ".formatted(used, figures.subList(0, 2));
    return wrong.isEmpty()
        ? new Outcome(model, Verdict.RIGHT, "", measured)
        : new Outcome(model, Verdict.WRONG, String.join("; ", wrong), measured);
  }

  private CommandRun run(String precision) {
    List<Object> options = new ArrayList<>();
    model
        .lossOptions()
        .forEach((key, value) -> options.addAll(List.of("--loss-option", key + "=" + value)));
    return CommandRun.of(
        List.of(
            "variance",
            "--model",
            directory.resolve(RandomModel.MODEL),
            "--data",
            directory.resolve("data.json"),
            "--loss",
            model.text("loss"),
            "--reduction",
            model.reduction(),
            "--precision",
            precision,
            "--output",
            directory.resolve(precision)),
        options);
  }

  private boolean namesAreOfModule(JsonNode summary) {
    List<String> names = new ArrayList<>();
    summary.get("parameters").forEach(parameter -> names.add(parameter.get("name").textValue()));
    List<String> expected =
        model.parameters().entries().stream().map(ParameterLayout.Entry::name).toList();
    return names.stream().sorted().toList().equals(expected.stream().sorted().toList());
  }

  /** What the default precision gave. */
  private void compare(ResultDirectory results, JsonNode summary, Precision precision) {
    TwoPasses found =
        new TwoPasses(
            summary.get("total_variance").doubleValue(),
            results.gradient(),
            new MomentStatistics(model.count(), 0, results.meanGradient(), results.variance()));
    for (Difference difference : Comparison.of(model, found, precision)) {
      if (difference.isWrong()) {
        wrong.add(difference.toString());
      }
    }
    for (ErrorFigure figure : ofTotals(results)) {
      boolean told = Double.isInfinite(figure.bound());
      if (figure.error() > LARGEST_ERROR && !told) {
        wrong.add("without a word, " + figure);
      }
    }
  }

  private void addFigures(ResultDirectory results) {
    figures.addAll(ofTotals(results));
    figures.addAll(ofParameters(results));
    figures.stream()
        .filter(ErrorFigure::exceeds)
        .forEach(figure -> wrong.add("beyond its bound, " + figure));
  }

  private List<ErrorFigure> ofTotals(ResultDirectory results) {
    JsonNode summary = results.summary();
    double total = model.number("total_variance");
    double error = Math.abs(summary.get("total_variance").doubleValue() - total);
    ParameterVector right = model.expected("total_variance_gradient");
    ParameterVector found = results.gradient();
    double[] difference = found.values();
    for (int i = 0; i < difference.length; i++) {
      difference[i] -= right.value(i);
    }
    double off = new ParameterVector(right.layout(), difference).norm();
    return List.of(
        ErrorFigure.of("V", error, total, summary.get("relative_error_bound")),
        ErrorFigure.of(
            "gradient", off, right.norm(), summary.get("gradient_relative_error_bound")));
  }

  private List<ErrorFigure> ofParameters(ResultDirectory results) {
    List<ErrorFigure> found = new ArrayList<>();
    ParameterVector variance = model.expected("variance");
    for (JsonNode parameter : results.summary().get("parameters")) {
      String name = parameter.get("name").textValue();
      ParameterLayout.Entry entry =
          variance.layout().entries().stream()
              .filter(e -> e.name().equals(name))
              .findFirst()
              .orElseThrow();
      double right = variance.sum(entry);
      if (parameter.get("variance_sum").isNumber()) {
        double error = Math.abs(parameter.get("variance_sum").doubleValue() - right);
        found.add(ErrorFigure.of("parameter", error, right, parameter.get("relative_error_bound")));
      }
    }
    return found;
  }
}
