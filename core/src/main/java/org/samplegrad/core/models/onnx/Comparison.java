package org.samplegrad.core.models.onnx;

import org.samplegrad.core.backend.Shape;

/** {@code left > threshold} elementwise: a condition that a later node chooses by. */
record Comparison(GraphValue left, double threshold) implements Operand {
  @Override
  public Shape shape() {
    return left.shape();
  }
}
