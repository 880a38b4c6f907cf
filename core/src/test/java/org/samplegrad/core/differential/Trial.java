package org.samplegrad.core.differential;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.differential.Comparison.Difference;
import org.samplegrad.core.differential.Outcome.Verdict;
import org.samplegrad.core.models.UnusableModelException;
import org.samplegrad.core.models.onnx.OnnxModel;
import org.samplegrad.core.moments.MomentStatistics;
import org.samplegrad.core.moments.StandardFunctional;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.Block;
import org.samplegrad.core.passes.Objective;
import org.samplegrad.core.passes.TwoPasses;

/** Reads a random model and computes its statistics by both passes, in float64 and float32. */
final class Trial {
  /** For every other model; the rest go in one block. */
  private static final int SMALL_BLOCK = 3;

  private final RandomModel model;

  private Trial(RandomModel model) {
    this.model = model;
  }

  static Outcome of(RandomModel model) {
    Trial trial = new Trial(model);
    try {
      return trial.outcome();
    } catch (UnusableModelException e) {
      return new Outcome(model, Verdict.REFUSED, e.getMessage(), "");
    } catch (IOException | RuntimeException e) {
      return new Outcome(model, Verdict.WRONG, "it failed: " + e, "");
    }
  }

  private Outcome outcome() throws IOException {
    OnnxModel file = model.model();
    Objective objective = new Objective(file.model(), model.loss());
    int blockSize = model.name().hashCode() % 2 == 0 ? SMALL_BLOCK : model.count();
    List<Block> blocks = model.blocks(blockSize, file.model().inputShape());
    TwoPasses float64 = passes(objective, file.weights(), blocks, Precision.FLOAT64);
    Map<String, String> names = names(float64.statistics().meanGradient());
    if (names == null) {
      return new Outcome(model, Verdict.WRONG, otherParameters(file), "");
    }
    boolean renamed = names.entrySet().stream().anyMatch(e -> !e.getKey().equals(e.getValue()));
    if (renamed && file.notes().isEmpty()) {
      return new Outcome(
          model, Verdict.WRONG, "other names, no note: " + otherParameters(file), "");
    }
    TwoPasses float32 = passes(objective, file.weights(), blocks, Precision.FLOAT32);
    List<Difference> of64 = Comparison.of(model, named(float64, names), Precision.FLOAT64);
    List<Difference> of32 = Comparison.of(model, named(float32, names), Precision.FLOAT32);
    List<String> wrong = new ArrayList<>();
    of64.stream().filter(Difference::isWrong).forEach(d -> wrong.add("float64: " + d));
    of32.stream().filter(Difference::isWrong).forEach(d -> wrong.add("float32: " + d));
    String figures =
        "float64 %.1g, float32 %.1g of what is allowed. "
            .formatted(Comparison.worst(of64).excess(), Comparison.worst(of32).excess());
    if (!wrong.isEmpty()) {
      return new Outcome(model, Verdict.WRONG, String.join("; ", wrong), figures);
    }
    return renamed
        ? new Outcome(model, Verdict.RENAMED, String.join(" ", file.notes()), figures)
        : new Outcome(model, Verdict.RIGHT, "", figures);
  }

  private TwoPasses passes(
      Objective objective, ParameterVector weights, List<Block> blocks, Precision precision) {
    return TwoPasses.over(
        blocks,
        objective,
        weights,
        StandardFunctional.TOTAL_VARIANCE,
        model.reduction(),
        precision);
  }

  private String otherParameters(OnnxModel file) {
    return "its parameters are %s, the module's %s; notes: %s"
        .formatted(shapes(file.model().parameters()), shapes(model.parameters()), file.notes());
  }

  private static Map<String, Shape> shapes(ParameterLayout layout) {
    return layout.entries().stream()
        .collect(
            Collectors.toMap(
                ParameterLayout.Entry::name,
                ParameterLayout.Entry::shape,
                (a, b) -> a,
                LinkedHashMap::new));
  }

  /**
   * For each parameter of the module the one of the file: that of its name, or else one of its
   * shape whose mean gradient is nearest. Null if there are others, or not as many.
   */
  private Map<String, String> names(ParameterVector meanGradient) {
    ParameterVector expected = model.expected("mean_gradient");
    Map<String, ParameterLayout.Entry> left = new HashMap<>();
    meanGradient.layout().entries().forEach(entry -> left.put(entry.name(), entry));
    if (left.size() != expected.layout().entries().size()) {
      return null;
    }
    Map<String, String> names = new HashMap<>();
    List<ParameterLayout.Entry> unnamed = new ArrayList<>();
    for (ParameterLayout.Entry entry : expected.layout().entries()) {
      ParameterLayout.Entry same = left.get(entry.name());
      if (same != null && same.shape().equals(entry.shape())) {
        names.put(entry.name(), entry.name());
        left.remove(entry.name());
      } else {
        unnamed.add(entry);
      }
    }
    for (ParameterLayout.Entry entry : unnamed) {
      double[] right = expected.values(entry);
      ParameterLayout.Entry nearest =
          left.values().stream()
              .filter(other -> other.shape().equals(entry.shape()))
              .min(
                  Comparator.comparingDouble(
                      other -> squaredDistance(right, meanGradient.values(other))))
              .orElse(null);
      if (nearest == null) {
        return null;
      }
      names.put(entry.name(), nearest.name());
      left.remove(nearest.name());
    }
    return names;
  }

  private static double squaredDistance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum;
  }

  private TwoPasses named(TwoPasses found, Map<String, String> names) {
    MomentStatistics statistics = found.statistics();
    return new TwoPasses(
        found.value(),
        named(found.gradient(), names),
        new MomentStatistics(
            statistics.count(),
            statistics.lossMean(),
            named(statistics.meanGradient(), names),
            named(statistics.variance(), names)));
  }

  private ParameterVector named(ParameterVector found, Map<String, String> names) {
    Map<String, ParameterLayout.Entry> entries =
        found.layout().entries().stream()
            .collect(Collectors.toMap(ParameterLayout.Entry::name, entry -> entry));
    ParameterLayout layout = model.parameters();
    double[] values = new double[layout.size()];
    for (ParameterLayout.Entry entry : layout.entries()) {
      double[] own = found.values(entries.get(names.get(entry.name())));
      System.arraycopy(own, 0, values, entry.offset(), own.length);
    }
    return new ParameterVector(layout, values);
  }
}
