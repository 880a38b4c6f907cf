package org.samplegrad.core.persample;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.scale;
import static org.samplegrad.core.ops.Elementwise.square;
import static org.samplegrad.core.ops.Shapes.reshape;

import java.util.List;
import org.samplegrad.core.autograd.Seed;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Shapes;

/**
 * Gradients held one by one, for small parameters such as biases.
 *
 * @param gradients {@code [n, ...shape]}
 */
public record DenseGradient(Variable gradients) implements PerSampleGradient {

  @Override
  public Shape shape() {
    return gradients.shape().dropFirst();
  }

  @Override
  public int samples() {
    return gradients.shape().extent(0);
  }

  @Override
  public Variable sum() {
    return reshape(Shapes.sum(gradients, 0), shape());
  }

  @Override
  public Variable squaredSum() {
    return reshape(Shapes.sum(square(gradients), 0), shape());
  }

  @Override
  public Variable squaredNorms() {
    return Shapes.squaredNorms(gradients);
  }

  @Override
  public Variable expand() {
    return gradients;
  }

  /** {@code c1 + 2 c2 g_n}. */
  @Override
  public List<Seed> seeds(Variable sumCotangent, Variable squaredSumCotangent) {
    Variable own = gradients.detach();
    Variable cotangent = add(sumCotangent, scale(multiply(squaredSumCotangent, own), 2));
    return gradients.isRecorded() ? List.of(new Seed(gradients, cotangent)) : List.of();
  }
}
