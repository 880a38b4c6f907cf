package org.samplegrad.core.backend;

import java.util.function.Supplier;

/**
 * The array primitives of one number format, used by one thread at a time.
 *
 * <p>Tensors go in and come out unchanged: every primitive returns a new tensor, made in the
 * innermost open scope. Binary primitives broadcast as NumPy does. An implementation throws {@link
 * IllegalArgumentException} for shapes that do not fit.
 */
public interface Backend extends AutoCloseable {
  /** The name by which the command line selects this backend. */
  String name();

  Precision precision();

  Scope openScope();

  /** Runs the work in a scope of its own; its result must not hold tensors made in it. */
  default <T> T scoped(Supplier<T> work) {
    Scope scope = openScope();
    try {
      return work.get();
    } finally {
      scope.close();
    }
  }

  /** Frees everything this backend still holds. */
  @Override
  void close();

  // Creation and reading

  Tensor tensor(Shape shape, float[] values);

  Tensor tensor(Shape shape, double[] values);

  Tensor fill(Shape shape, double value);

  /** A new array with the elements in row-major order. */
  double[] toDoubles(Tensor x);

  /** Adds the elements to {@code totals[offset ...]}. */
  void addTo(Tensor x, double[] totals, int offset);

  // Elementwise, with broadcasting

  Tensor add(Tensor a, Tensor b);

  Tensor subtract(Tensor a, Tensor b);

  Tensor multiply(Tensor a, Tensor b);

  Tensor divide(Tensor a, Tensor b);

  // Elementwise

  Tensor scale(Tensor x, double factor);

  Tensor square(Tensor x);

  Tensor sqrt(Tensor x);

  Tensor exp(Tensor x);

  Tensor log(Tensor x);

  Tensor tanh(Tensor x);

  Tensor sigmoid(Tensor x);

  /** The error function, {@code 2/sqrt(pi)} times the integral of {@code exp(-t^2)} to x. */
  Tensor erf(Tensor x);

  /** {@code log(1 + exp(x))} without overflow. */
  Tensor softplus(Tensor x);

  Tensor relu(Tensor x);

  /** 1 where {@code x > 0}, else 0. */
  Tensor step(Tensor x);

  // Reductions and shapes

  /** The sum over the given axes, which keep the extent 1. */
  Tensor sum(Tensor x, int... axes);

  /** The maximum over one axis, which keeps the extent 1. */
  Tensor max(Tensor x, int axis);

  Tensor reshape(Tensor x, Shape shape);

  /** The axes of the result are the given axes of {@code x}, in that order. */
  Tensor transpose(Tensor x, int... axes);

  Tensor broadcastTo(Tensor x, Shape shape);

  /** The elements {@code from} to {@code to - 1} along an axis; at least one. */
  Tensor slice(Tensor x, int axis, int from, int to);

  /** The adjoint of {@link #slice}: that many zeros before and after an axis. */
  Tensor pad(Tensor x, int axis, int before, int after);

  // Products

  /**
   * {@code op(a) op(b)} of two matrices, or of each pair in two batches of equal length, {@code [b,
   * m, k] x [b, k, n] -> [b, m, n]}; {@code op} transposes the last two axes when asked.
   */
  Tensor matmul(Tensor a, boolean transposeA, Tensor b, boolean transposeB);

  /**
   * The sum over samples of products of per-sample matrix products, {@code r[g,o,i] = sum_n (sum_p
   * u[n,g,o,p] a[n,g,i,p]) (sum_p v[n,g,o,p] b[n,g,i,p])}. With {@code u = v}, {@code a = b} it is
   * the sum of squared per-sample gradients of a convolution; no array of the size {@code n g o i}
   * is made.
   */
  Tensor sampleProductSum(Tensor u, Tensor a, Tensor v, Tensor b);

  /**
   * The pull-back of {@link #sampleProductSum} to {@code u}: {@code r[n,g,o,p] = sum_i c[g,o,i]
   * (sum_q v[n,g,o,q] b[n,g,i,q]) a[n,g,i,p]}.
   */
  Tensor weightedSampleProduct(Tensor c, Tensor v, Tensor b, Tensor a);

  // Convolution: a bilinear map and its two adjoints, closed under differentiation. Images are
  // [n,c,...] with as many spatial axes as the window; what lies outside of them is zero. A window
  // has k elements, at p positions

  /** {@code x [n,c,...]}, {@code weight [o,c/groups,k...] -> [n,o,...']}. */
  Tensor convolve(Tensor x, Tensor weight, Window window, int groups);

  /** The adjoint of {@link #convolve} in {@code x}: {@code [n,o,...'] -> [n,c,...]}. */
  Tensor convolveInputGradient(
      Tensor outputGradient, Tensor weight, Shape inputShape, Window window, int groups);

  /** The adjoint of {@link #convolve} in {@code weight}, summed over samples. */
  Tensor convolveWeightGradient(
      Tensor x, Tensor outputGradient, Shape weightShape, Window window, int groups);

  /** The windows of each sample as columns (im2col): {@code [n,c,...] -> [n,c*k,p]}. */
  Tensor unfold(Tensor x, Window window);

  /** The adjoint of {@link #unfold} (col2im): {@code [n,c*k,p] -> [n,c,...]}. */
  Tensor fold(Tensor columns, Shape inputShape, Window window);

  // Selection

  /**
   * Where the maximum of each window lies in the flattened {@code x [n,c,...]}; the first index
   * wins a tie, what lies outside never wins, and NaN wins over every number.
   */
  Indices maxPoolIndices(Tensor x, Window window);

  /** The elements at the given positions of the flattened {@code x}. */
  Tensor gather(Tensor x, Indices indices);

  /** The adjoint of {@link #gather}: adds each element to its position in zeros. */
  Tensor scatterAdd(Tensor x, Indices indices, Shape shape);
}
