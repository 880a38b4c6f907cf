package org.samplegrad.core.persample;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.scale;
import static org.samplegrad.core.ops.Elementwise.square;
import static org.samplegrad.core.ops.Products.matmul;
import static org.samplegrad.core.ops.Shapes.reshape;
import static org.samplegrad.core.ops.Shapes.sumAll;

import java.util.ArrayList;
import java.util.List;
import org.samplegrad.core.autograd.Seed;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.SampleSums;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Shapes;

/**
 * Gradients of rank one, {@code g_n[o,i] = outputGradient[n,o] input[n,i]}, as a linear layer's
 * weight has: squares and norms factor, {@code sum_n g_n^2 = (outputGradient^2)^T (input^2)}.
 *
 * @param outputGradient {@code [n,o]}
 * @param input {@code [n,i]}
 */
public record OuterProductGradient(Variable outputGradient, Variable input)
    implements PerSampleGradient {

  @Override
  public Shape shape() {
    return Shape.of(outputGradient.shape().extent(1), input.shape().extent(1));
  }

  @Override
  public int samples() {
    return input.shape().extent(0);
  }

  @Override
  public Variable sum() {
    return matmul(outputGradient, true, input, false);
  }

  @Override
  public Variable squaredSum() {
    return matmul(square(outputGradient), true, square(input), false);
  }

  @Override
  public SampleSums sampleSums() {
    return input.backend().outerProductSums(outputGradient.value(), input.value());
  }

  @Override
  public Variable squaredNorms() {
    return multiply(Shapes.squaredNorms(outputGradient), Shapes.squaredNorms(input));
  }

  @Override
  public Variable expand() {
    Variable column = reshape(outputGradient, Shape.of(samples(), shape().extent(0), 1));
    Variable row = reshape(input, Shape.of(samples(), 1, shape().extent(1)));
    return multiply(column, row);
  }

  @Override
  public PerSampleGradient plus(PerSampleGradient other) {
    return asSummed().plus(other);
  }

  /** As a sum over one position. */
  SummedOuterProductGradient asSummed() {
    return new SummedOuterProductGradient(
        reshape(outputGradient, Shape.of(samples(), 1, shape().extent(0), 1)),
        reshape(input, Shape.of(samples(), 1, shape().extent(1), 1)),
        shape());
  }

  /** One product with the weights instead of one for the sum: its pull-back reuses it. */
  @Override
  public Variable weightedSum(Variable weights) {
    return sumAll(multiply(outputGradient, matmul(input, false, weights, true)));
  }

  @Override
  public Variable weightedSquaredSum(Variable weights) {
    return weights.shape().equals(shape())
        ? sumAll(multiply(square(outputGradient), matmul(square(input), false, weights, true)))
        : PerSampleGradient.super.weightedSquaredSum(weights);
  }

  /**
   * {@code u_n = c1 a_n + 2 delta_n * (c2 a_n^2)} for the output gradients {@code delta_n}, and the
   * same with the factors exchanged for the inputs {@code a_n}.
   */
  @Override
  public List<Seed> seeds(Variable sumCotangent, Variable squaredSumCotangent) {
    List<Seed> seeds = new ArrayList<>();
    if (outputGradient.isRecorded()) {
      seeds.add(
          new Seed(
              outputGradient,
              cotangent(outputGradient, input, sumCotangent, squaredSumCotangent, true)));
    }
    if (input.isRecorded()) {
      seeds.add(
          new Seed(
              input, cotangent(input, outputGradient, sumCotangent, squaredSumCotangent, false)));
    }
    return seeds;
  }

  /**
   * The derivative with respect to one factor, from the other and the weights transposed or not.
   */
  private Variable cotangent(
      Variable factor, Variable other, Variable first, Variable second, boolean transpose) {
    Variable own = factor.detach();
    Variable left = other.detach();
    Variable ofSum = matmul(left, false, first, transpose);
    if (second.shape().equals(shape())) {
      Variable squares = matmul(square(left), false, second, transpose);
      return add(ofSum, scale(multiply(own, squares), 2));
    }
    Variable factors = scale(multiply(second, Shapes.squaredNorms(left)), 2);
    return Variable.constant(own.backend().addScaled(ofSum.value(), factors.value(), own.value()));
  }
}
