package org.samplegrad.core.ops;

import static org.samplegrad.core.ops.Primitives.binary;
import static org.samplegrad.core.ops.Primitives.unary;

import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.backend.Window;

/**
 * Convolution and its two adjoints. Convolution is bilinear, so the three are closed under
 * differentiation; so are {@link #unfold} and {@link #fold}.
 */
public final class Convolutions {
  private Convolutions() {}

  /** {@code x [n,c,...]}, {@code weight [o,c/groups,k...] -> [n,o,...']}. */
  public static Variable convolve(Variable x, Variable weight, Window window, int groups) {
    return binary(
            "convolve",
            (backend, a, b) -> backend.convolve(a, b, window, groups),
            (gradient, y, a, b) -> convolveInputGradient(gradient, b, a.shape(), window, groups),
            (gradient, y, a, b) -> convolveWeightGradient(a, gradient, b.shape(), window, groups))
        .apply(x, weight);
  }

  /** {@link #convolve} as what is pulled back to an output gradient. */
  private static Variable convolveOnSupportOf(
      Variable outputGradient, Variable x, Variable weight, Window window, int groups) {
    Tensor gradientValue = outputGradient.value();
    return binary(
            "convolveOnSupportOf",
            (backend, a, b) -> backend.convolveOnSupportOf(gradientValue, a, b, window, groups),
            (gradient, y, a, b) -> convolveInputGradient(gradient, b, a.shape(), window, groups),
            (gradient, y, a, b) -> convolveWeightGradient(a, gradient, b.shape(), window, groups))
        .apply(x, weight);
  }

  /** The adjoint of {@link #convolve} in {@code x}. */
  public static Variable convolveInputGradient(
      Variable outputGradient, Variable weight, Shape inputShape, Window window, int groups) {
    return binary(
            "convolveInputGradient",
            (backend, a, b) -> backend.convolveInputGradient(a, b, inputShape, window, groups),
            (gradient, y, a, b) -> convolveOnSupportOf(a, gradient, b, window, groups),
            (gradient, y, a, b) -> convolveWeightGradient(gradient, a, b.shape(), window, groups))
        .apply(outputGradient, weight);
  }

  /** The adjoint of {@link #convolve} in {@code weight}, summed over samples. */
  public static Variable convolveWeightGradient(
      Variable x, Variable outputGradient, Shape weightShape, Window window, int groups) {
    return binary(
            "convolveWeightGradient",
            (backend, a, b) -> backend.convolveWeightGradient(a, b, weightShape, window, groups),
            (gradient, y, a, b) -> convolveInputGradient(b, gradient, a.shape(), window, groups),
            (gradient, y, a, b) -> convolveOnSupportOf(b, a, gradient, window, groups))
        .apply(x, outputGradient);
  }

  /** The windows of each sample as columns (im2col): {@code [n,c,...] -> [n,c*k,p]}. */
  public static Variable unfold(Variable x, Window window) {
    return unary(
            "unfold",
            (backend, value) -> backend.unfold(value, window),
            (gradient, y, input) -> fold(gradient, input.shape(), window))
        .apply(x);
  }

  /** The adjoint of {@link #unfold} (col2im). */
  public static Variable fold(Variable columns, Shape inputShape, Window window) {
    return unary(
            "fold",
            (backend, value) -> backend.fold(value, inputShape, window),
            (gradient, y, input) -> unfold(gradient, window))
        .apply(columns);
  }
}
