package org.samplegrad.core.persample;

import static org.samplegrad.core.ops.Elementwise.scale;
import static org.samplegrad.core.ops.Elementwise.square;
import static org.samplegrad.core.ops.Elementwise.subtract;

import java.util.function.Function;
import org.samplegrad.core.autograd.Variable;

/**
 * The quantities of one parameter over the samples of a block, named as in BackPACK. A new one is
 * one entry here.
 */
public enum Quantity {
  /** The sum of the individual gradients, in the parameter's shape. */
  GRADIENT("grad", PerSampleGradient::sum),

  /** The individual gradients, {@code [n, ...shape]}. */
  BATCH_GRAD("BatchGrad", PerSampleGradient::expand),

  /** The squared Euclidean norms of the individual gradients, {@code [n]}. */
  BATCH_L2_GRAD("BatchL2Grad", PerSampleGradient::squaredNorms),

  /** The sum of the squared individual gradients, in the parameter's shape. */
  SUM_GRAD_SQUARED("SumGradSquared", PerSampleGradient::squaredSum),

  /** The population variance of the individual gradients, in the parameter's shape. */
  VARIANCE("Variance", Quantity::variance);

  private final String label;
  private final Function<PerSampleGradient, Variable> formula;

  Quantity(String label, Function<PerSampleGradient, Variable> formula) {
    this.label = label;
    this.formula = formula;
  }

  public Variable of(PerSampleGradient gradient) {
    return formula.apply(gradient);
  }

  private static Variable variance(PerSampleGradient gradient) {
    double share = 1.0 / gradient.samples();
    return subtract(scale(gradient.squaredSum(), share), square(scale(gradient.sum(), share)));
  }

  @Override
  public String toString() {
    return label;
  }
}
