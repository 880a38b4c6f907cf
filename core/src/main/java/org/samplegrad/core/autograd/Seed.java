package org.samplegrad.core.autograd;

/**
 * The beginning of a sweep in reverse order: a node and the derivative of some scalar with respect
 * to it, in its shape.
 */
public record Seed(Variable output, Variable cotangent) {

  /**
   * @throws IllegalArgumentException if the shapes differ
   */
  public Seed {
    if (!output.shape().equals(cotangent.shape())) {
      throw new IllegalArgumentException(
          "A cotangent of shape %s was given for a variable of shape %s"
              .formatted(cotangent.shape(), output.shape()));
    }
  }

  /** Begins at a scalar itself. */
  public static Seed of(Variable scalar) {
    return new Seed(scalar, Variable.constant(scalar.backend().fill(scalar.shape(), 1)));
  }
}
