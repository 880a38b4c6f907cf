package org.samplegrad.core.ops;

import static org.samplegrad.core.ops.Primitives.unary;

import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.Pooled;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;

/** Operations that pick elements by position; the positions are constants. */
public final class Selection {
  private Selection() {}

  /** The elements at the given positions of the flattened {@code x}. */
  public static Variable gather(Variable x, Indices indices) {
    return unary(
            "gather",
            (backend, value) -> backend.gather(value, indices),
            (gradient, y, input) -> scatterAdd(gradient, indices, input.shape()))
        .apply(x);
  }

  /** The adjoint of {@link #gather}: adds each element to its position in zeros. */
  public static Variable scatterAdd(Variable x, Indices indices, Shape shape) {
    return unary(
            "scatterAdd",
            (backend, value) -> backend.scatterAdd(value, indices, shape),
            (gradient, y, input) -> gather(gradient, indices))
        .apply(x);
  }

  /** {@code [n,c,...] -> [n,c,...']}; the first of equal maxima is picked, as in PyTorch. */
  public static Variable maxPool(Variable x, Window window) {
    Pooled pooled = x.backend().maxPool(x.value(), window);
    return unary(
            "maxPool",
            (backend, value) -> pooled.values(),
            (gradient, y, input) -> scatterAdd(gradient, pooled.positions(), input.shape()))
        .apply(x);
  }
}
