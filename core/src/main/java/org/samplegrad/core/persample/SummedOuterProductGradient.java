package org.samplegrad.core.persample;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.square;
import static org.samplegrad.core.ops.Products.matmul;
import static org.samplegrad.core.ops.Products.squaredSampleProductSum;
import static org.samplegrad.core.ops.Shapes.pad;
import static org.samplegrad.core.ops.Shapes.reshape;
import static org.samplegrad.core.ops.Shapes.sumPerSample;
import static org.samplegrad.core.ops.Shapes.transpose;

import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/**
 * Gradients that are sums of outer products over positions, per group: {@code g_n[g,o,i] = sum_p
 * outputGradient[n,g,o,p] input[n,g,i,p]}, as the weight of a convolution has, or of a linear layer
 * on sequences.
 *
 * @param outputGradient {@code [n,g,o,p]}
 * @param input {@code [n,g,i,p]}
 * @param shape the parameter's shape, with the elements of {@code [g,o,i]} in the same order
 */
public record SummedOuterProductGradient(Variable outputGradient, Variable input, Shape shape)
    implements PerSampleGradient {

  @Override
  public int samples() {
    return input.shape().extent(0);
  }

  /** One product per group over samples and positions together, {@code [g,o,np] x [g,np,i]}. */
  @Override
  public Variable sum() {
    return reshape(matmul(byGroup(outputGradient), false, byGroup(input), true), shape);
  }

  @Override
  public Variable squaredSum() {
    return reshape(squaredSampleProductSum(outputGradient, input), shape);
  }

  /**
   * From the gradients, or where positions are few from the Gram form {@code ||D^T A||^2 = <D D^T,
   * A A^T>} over positions, whichever multiplies less.
   */
  @Override
  public Variable squaredNorms() {
    long positions = input.shape().extent(3);
    long outputs = outputGradient.shape().extent(2);
    long inputs = input.shape().extent(2);
    Variable left = matrices(outputGradient);
    Variable right = matrices(input);
    boolean gram = positions * (outputs + inputs) < outputs * inputs;
    Variable terms =
        gram
            ? multiply(matmul(left, true, left, false), matmul(right, true, right, false))
            : square(matmul(left, false, right, true));
    return sumPerSample(reshape(terms, Shape.of(samples(), terms.shape().size() / samples())));
  }

  @Override
  public Variable expand() {
    Variable products = matmul(matrices(outputGradient), false, matrices(input), true);
    return reshape(products, shape.prepend(samples()));
  }

  /** Outer products at the positions of both, where the groups agree. */
  @Override
  public PerSampleGradient plus(PerSampleGradient other) {
    if (other instanceof OuterProductGradient outer) {
      return plus(outer.asSummed());
    }
    if (other instanceof SummedOuterProductGradient summed
        && summed.input.shape().extent(1) == input.shape().extent(1)
        && summed.outputGradient.shape().extent(2) == outputGradient.shape().extent(2)
        && summed.input.shape().extent(2) == input.shape().extent(2)) {
      return new SummedOuterProductGradient(
          concatenate(outputGradient, summed.outputGradient),
          concatenate(input, summed.input),
          shape);
    }
    return PerSampleGradient.super.plus(other);
  }

  /** {@code [n,g,i,p], [n,g,i,q] -> [n,g,i,p+q]}. */
  private static Variable concatenate(Variable a, Variable b) {
    return add(pad(a, 3, 0, b.shape().extent(3)), pad(b, 3, a.shape().extent(3), 0));
  }

  /** {@code [n,g,o,p] -> [g,o,n*p]}. */
  private static Variable byGroup(Variable x) {
    Shape shape = x.shape();
    return reshape(
        transpose(x, 1, 2, 0, 3),
        Shape.of(shape.extent(1), shape.extent(2), shape.extent(0) * shape.extent(3)));
  }

  /** {@code [n,g,o,p] -> [n*g,o,p]}. */
  private static Variable matrices(Variable x) {
    Shape shape = x.shape();
    return reshape(
        x, Shape.of(shape.extent(0) * shape.extent(1), shape.extent(2), shape.extent(3)));
  }
}
