package org.samplegrad.core.persample;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Shapes.sumAll;

import java.util.List;
import org.samplegrad.core.autograd.Seed;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.SampleSums;
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

  /**
   * {@link #sum()} and {@link #squaredSum()} as constants, for a structure that computes both at
   * once more cheaply.
   */
  default SampleSums sampleSums() {
    return new SampleSums(sum().value(), squaredSum().value());
  }

  /** The same with the squared sum of all elements together, {@code sum_n ||g_n||^2}, a scalar. */
  default SampleSums sampleNormSums() {
    return new SampleSums(sum().value(), sumAll(squaredNorms()).value());
  }

  /**
   * Where to begin to differentiate {@code <c1, sum()> + <c2, squaredSum()>}: its derivatives with
   * respect to whatever this structure holds. By default the scalar itself is computed.
   *
   * @param sumCotangent {@code c1}, in the parameter's shape
   * @param squaredSumCotangent {@code c2}, in the parameter's shape, or a scalar for all elements
   */
  default List<Seed> seeds(Variable sumCotangent, Variable squaredSumCotangent) {
    return List.of(
        Seed.of(add(weightedSum(sumCotangent), weightedSquaredSum(squaredSumCotangent))));
  }

  /** {@code <weights, sum()>}, a scalar, for weights in the parameter's shape. */
  default Variable weightedSum(Variable weights) {
    return sumAll(multiply(weights, sum()));
  }

  /**
   * {@code <weights, squaredSum()>}, a scalar, for weights in the parameter's shape, or one weight
   * for all elements, which the norms are enough for.
   */
  default Variable weightedSquaredSum(Variable weights) {
    return weights.shape().equals(shape())
        ? sumAll(multiply(weights, squaredSum()))
        : multiply(weights, sumAll(squaredNorms()));
  }
}
