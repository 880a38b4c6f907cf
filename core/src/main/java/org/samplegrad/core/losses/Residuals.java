package org.samplegrad.core.losses;

import static org.samplegrad.core.ops.Elementwise.subtract;

import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;

/** What losses are made of that depend on differences between predictions and targets. */
final class Residuals {
  private Residuals() {}

  /** {@code z - y} in the shape of the predictions. */
  static Variable of(Variable predictions, Targets targets) {
    return subtract(
        predictions,
        Variable.constant(predictions.backend().tensor(predictions.shape(), targets.values())));
  }

  /**
   * The sign of {@code x} where {@code |x| >= bound}, else 0; also 0 where {@code x} is 0. A
   * constant, since its derivative is zero wherever it has one.
   */
  static Variable signBeyond(Variable x, double bound) {
    Backend backend = x.backend();
    Tensor limit = backend.fill(Shape.of(1), bound);
    Tensor aboveLower = backend.step(backend.add(x.value(), limit));
    Tensor belowUpper = backend.step(backend.subtract(limit, x.value()));
    return Variable.constant(backend.subtract(aboveLower, belowUpper));
  }
}
