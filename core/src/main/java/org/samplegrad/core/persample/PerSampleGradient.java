package org.samplegrad.core.persample;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Shapes.sumAll;

import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/** The gradients {@code g_n} of the losses of a block's samples with respect to one parameter. */
public interface PerSampleGradient {
  /** The parameter's shape, without the sample axis. */
  Shape shape();

  int samples();

  /** {@code sum_n g_n}, in the parameter's shape. */
  Variable sum();

  /** {@code sum_n g_n * g_n} elementwise, in the parameter's shape. */
  Variable squaredSum();

  /** {@code ||g_n||^2}, {@code [n]}. */
  Variable squaredNorms();

  /** All gradients, {@code [n, ...shape]}: the only reduction whose size grows with both. */
  Variable expand();

  /**
   * The sums of these gradients and others of the same parameter, sample by sample: what a
   * parameter has that is used in two places. By default every gradient is held.
   */
  default PerSampleGradient plus(PerSampleGradient other) {
    return new DenseGradient(add(expand(), other.expand()));
  }

  /** {@code <weights, sum()>}, a scalar, for weights in the parameter's shape. */
  default Variable weightedSum(Variable weights) {
    return sumAll(multiply(weights, sum()));
  }

  /** {@code <weights, squaredSum()>}, a scalar, for weights in the parameter's shape. */
  default Variable weightedSquaredSum(Variable weights) {
    return sumAll(multiply(weights, squaredSum()));
  }
}
