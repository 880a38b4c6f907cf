package org.samplegrad.core.differential;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.models.onnx.OnnxModel;
import org.samplegrad.core.moments.Cotangents;
import org.samplegrad.core.moments.ErrorBounds;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.moments.StandardFunctional;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.Block;
import org.samplegrad.core.passes.MomentsPass;
import org.samplegrad.core.passes.Objective;
import org.samplegrad.core.passes.PrecisionComparison;
import org.samplegrad.core.passes.PullBackPass;

/**
 * The total variance of a random model's samples and its gradient by both passes, with the bounds
 * of their errors.
 */
record BoundedRun(double value, ParameterVector gradient, ErrorBounds bounds) {
  private static final double ROUNDING_OF_RIGHT_VALUES = 1e-15;

  /** An error beside its bound. */
  record Figure(String what, double error, double bound) {
    boolean exceeds() {
      return error > bound;
    }

    /** Says almost nothing: the error is far less, and not by chance as small as what is right. */
    boolean isLoose() {
      return bound > 1000 * Math.max(error, ROUNDING_OF_RIGHT_VALUES);
    }
  }

  /**
   * @param all whether the precisions are compared over all samples, or taken to stand for more of
   *     them
   */
  static BoundedRun of(RandomModel model, Precision precision, boolean all) throws IOException {
    OnnxModel file = model.model();
    Objective objective = new Objective(file.model(), model.loss());
    List<Block> blocks = model.blocks(model.count(), file.model().inputShape());
    StandardFunctional functional = StandardFunctional.TOTAL_VARIANCE;
    try (Backend float32 = Backends.open(Backends.AUTO, Precision.FLOAT32);
        Backend float64 = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      Backend backend = precision == Precision.FLOAT32 ? float32 : float64;
      ParameterVector weights = file.weights();
      Moments moments = Moments.empty(weights.layout());
      MomentsPass first = new MomentsPass(objective, weights, backend);
      blocks.forEach(block -> first.add(block, moments));
      Cotangents cotangents = Cotangents.of(functional, moments, model.reduction(), float64);
      double[] totals = new double[weights.layout().size()];
      PullBackPass second = new PullBackPass(objective, weights, cotangents, backend);
      blocks.forEach(block -> second.add(block, totals));
      ParameterVector gradient = new ParameterVector(weights.layout(), totals);
      PrecisionComparison comparison =
          new PrecisionComparison(
              objective,
              weights,
              new PrecisionComparison.Samples(all ? blocks : each(blocks.get(0)), all),
              moments,
              precision,
              float32,
              float64);
      ErrorBounds ofVariance = comparison.ofVariance();
      PrecisionComparison.GradientError ofGradient =
          comparison.ofGradient(functional, model.reduction());
      return new BoundedRun(
          cotangents.value(), gradient, ofVariance.withGradient(ofGradient.bound(gradient)));
    }
  }

  private static List<Block> each(Block block) {
    return IntStream.range(0, block.samples()).mapToObj(block::sample).toList();
  }

  /** Relative errors of the variance and of its gradient, beside their bounds. */
  List<Figure> figures(RandomModel model) {
    double total = model.number("total_variance");
    double[] expected = model.expected("total_variance_gradient").values();
    ParameterVector right = model.expected("total_variance_gradient");
    List<Figure> figures = new ArrayList<>();
    figures.add(new Figure("V", Math.abs(value - total) / total, bounds.totalVariance()));
    if (gradient.layout().equals(right.layout())) {
      double squares = 0;
      for (int i = 0; i < expected.length; i++) {
        double difference = gradient.value(i) - expected[i];
        squares += difference * difference;
      }
      figures.add(new Figure("gradient", Math.sqrt(squares) / right.norm(), bounds.gradient()));
    }
    return figures;
  }
}
