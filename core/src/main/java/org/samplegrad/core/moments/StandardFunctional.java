package org.samplegrad.core.moments;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.divide;
import static org.samplegrad.core.ops.Elementwise.relu;
import static org.samplegrad.core.ops.Elementwise.scale;
import static org.samplegrad.core.ops.Elementwise.subtract;
import static org.samplegrad.core.ops.Shapes.sumAll;

import java.util.List;
import java.util.function.UnaryOperator;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.ops.Elementwise;

/** The functionals that ship. A new one is one entry here, or any {@link MomentFunctional}. */
public enum StandardFunctional implements MomentFunctional {
  /** {@code ||S1/N||^2}, the squared norm of the mean gradient. */
  SQUARED_MEAN_NORM(
      (count, sums, squaredSums) -> scale(total(sums, Elementwise::square), 1.0 / count / count)),

  /** {@code sum_j S2_j/N}, the mean squared norm of the individual gradients. */
  MEAN_SQUARED_NORM(
      (count, sums, squaredSums) ->
          scale(total(squaredSums, UnaryOperator.identity()), 1.0 / count)),

  /**
   * {@code V = sum_j S2_j/N - sum_j (S1_j/N)^2}, the total population variance. Where rounding
   * would make it negative it is zero; over one sample it is zero exactly, and so is its gradient.
   */
  TOTAL_VARIANCE(
      (count, sums, squaredSums) ->
          scale(
              relu(
                  subtract(
                      MEAN_SQUARED_NORM.value(count, sums, squaredSums),
                      SQUARED_MEAN_NORM.value(count, sums, squaredSums))),
              count == 1 ? 0 : 1)),

  /**
   * {@code V / ||S1/N||^2}, the simple gradient noise scale of McCandlish et al., "An Empirical
   * Model of Large-Batch Training" (2018), section 2.2.
   */
  NOISE_SCALE(
      (count, sums, squaredSums) ->
          divide(
              TOTAL_VARIANCE.value(count, sums, squaredSums),
              SQUARED_MEAN_NORM.value(count, sums, squaredSums)));

  private final MomentFunctional formula;

  StandardFunctional(MomentFunctional formula) {
    this.formula = formula;
  }

  @Override
  public Variable value(long count, List<Variable> sums, List<Variable> squaredSums) {
    return formula.value(count, sums, squaredSums);
  }

  /** The sum of an elementwise term over all parameters. */
  private static Variable total(List<Variable> moments, UnaryOperator<Variable> term) {
    return moments.stream()
        .map(moment -> sumAll(term.apply(moment)))
        .reduce((a, b) -> add(a, b))
        .orElseThrow(() -> new IllegalArgumentException("The model has no parameters"));
  }
}
