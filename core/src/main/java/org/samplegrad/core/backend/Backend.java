package org.samplegrad.core.backend;

import java.util.Arrays;
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

  /**
   * Evaluates a model and its gradients on a block of which results may have been kept. Taking and
   * keeping them is a backend's own choice.
   */
  default <T> T evaluateWith(KeptResults kept, Supplier<T> evaluation) {
    return evaluation.get();
  }

  /** Frees everything this backend still holds. */
  @Override
  void close();

  // Creation and reading

  Tensor tensor(Shape shape, float[] values);

  Tensor tensor(Shape shape, double[] values);

  /**
   * @param bytes unsigned bytes
   * @param lookupTable the number that each of the 256 bytes stands for; a backend may compute
   *     them, to the rounding of the largest in its precision
   */
  default Tensor tensor(Shape shape, byte[] bytes, float[] lookupTable) {
    float[] values = new float[bytes.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = lookupTable[bytes[i] & 0xff];
    }
    return tensor(shape, values);
  }

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

  /** {@code y_n = base_n + factor_n x_n} for each sample, {@code [n, ...]} with {@code [n]}. */
  default Tensor addScaled(Tensor base, Tensor factors, Tensor x) {
    ShapeRules.requireSameShape(base.shape(), x.shape());
    ShapeRules.requireSameShape(Shape.of(ShapeRules.samples(x.shape())), factors.shape());
    int[] extents = new int[x.shape().rank()];
    Arrays.fill(extents, 1);
    extents[0] = factors.shape().size();
    return add(base, multiply(x, reshape(factors, Shape.of(extents))));
  }

  /** {@code gradient} where {@code x > 0}, 0 elsewhere: the pull-back of {@link #relu}. */
  default Tensor maskPositive(Tensor gradient, Tensor x) {
    ShapeRules.requireSameShape(gradient.shape(), x.shape());
    return multiply(gradient, step(x));
  }

  // Reductions and shapes

  /** The sum of the squares of each sample's elements, {@code [n, ...] -> [n]}. */
  default Tensor squaredNorms(Tensor x) {
    int samples = ShapeRules.samples(x.shape());
    Tensor squares = reshape(square(x), Shape.of(samples, x.shape().dropFirst().size()));
    return reshape(sum(squares, 1), Shape.of(samples));
  }

  /** The sum over the given axes, which keep the extent 1. */
  Tensor sum(Tensor x, int... axes);

  /** The maximum over one axis, which keeps the extent 1. */
  Tensor max(Tensor x, int axis);

  // The softmax p = exp(x) / sum(exp(x)) over an axis, its logarithm and the derivatives of that,
  // which keep their digits where one p is nearly 1 and the others are small

  /** {@code p_k = exp(x_k) / sum_j exp(x_j)} over one axis. */
  default Tensor softmax(Tensor x, int axis) {
    return SoftmaxFormulas.softmax(this, x, axis);
  }

  /** {@code log p_k}, with {@code p} for its derivatives. */
  default LogProbabilities logSoftmax(Tensor x, int axis) {
    Tensor probabilities = softmax(x, axis);
    SoftmaxFormulas formulas = SoftmaxFormulas.of(this, probabilities, axis);
    return new LogProbabilities(formulas.logSoftmax(x, probabilities), probabilities);
  }

  /** What a change {@code u} of the scores does to {@code log p}: {@code sum_j p_j (u_k - u_j)}. */
  default Tensor logSoftmaxPushForward(Tensor probabilities, Tensor tangent, int axis) {
    ShapeRules.requireSameShape(probabilities.shape(), tangent.shape());
    return SoftmaxFormulas.of(this, probabilities, axis).pushForward(probabilities, tangent);
  }

  /** The adjoint of {@link #logSoftmaxPushForward}: {@code t_k - p_k sum_j t_j}. */
  default Tensor logSoftmaxPullBack(Tensor probabilities, Tensor cotangent, int axis) {
    ShapeRules.requireSameShape(probabilities.shape(), cotangent.shape());
    return SoftmaxFormulas.of(this, probabilities, axis).pullBack(probabilities, cotangent);
  }

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

  /**
   * {@link #convolve}, on the support of an output gradient: the pull-back of {@link
   * #convolveInputGradient} to {@code outputGradient}. Where that is 0 by its making, as around the
   * maxima of a pool, what is pulled back to it goes nowhere, so an implementation may leave it out
   * (as 0) there; the same holds for {@link #convolutionSampleCotangents}.
   */
  default Tensor convolveOnSupportOf(
      Tensor outputGradient, Tensor x, Tensor weight, Window window, int groups) {
    ShapeRules.requireSameShape(
        ShapeRules.convolution(x.shape(), weight.shape(), window, groups), outputGradient.shape());
    return convolve(x, weight, window, groups);
  }

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

  /**
   * {@code sum_n g_n} and {@code sum_n g_n * g_n} of gradients {@code g_n[o,i] = u[n,o] x[n,i]}.
   *
   * @param outputGradient {@code u [n,o]}
   * @param x {@code [n,i]}
   */
  default SampleSums outerProductSums(Tensor outputGradient, Tensor x) {
    return new SampleSums(
        matmul(outputGradient, true, x, false),
        matmul(square(outputGradient), true, square(x), false));
  }

  // The weight gradient of a convolution for each sample, G_n = sum_p u[n,o,p] A[n,i,p] for the
  // columns A of the input. The definitions here make all columns; a backend may do without.

  /**
   * {@code sum_n G_n} and {@code sum_n G_n * G_n} for the input {@code x [n,c,...]} and the
   * gradient of the output {@code u [n,o,...']}.
   */
  default SampleSums convolutionSampleSums(
      Tensor x, Tensor outputGradient, Shape weightShape, Window window, int groups) {
    ShapeRules.requireConvolution(x.shape(), weightShape, outputGradient.shape(), window, groups);
    Tensor columns = inGroups(unfold(x, window), groups);
    Tensor factors = inGroups(outputGradient, groups);
    return new SampleSums(
        convolveWeightGradient(x, outputGradient, weightShape, window, groups),
        reshape(sampleProductSum(factors, columns, factors, columns), weightShape));
  }

  private Tensor inGroups(Tensor x, int groups) {
    Shape shape = x.shape();
    int channels = shape.extent(1) / groups;
    int positions = shape.dropFirst().dropFirst().size();
    return reshape(x, Shape.of(shape.extent(0), groups, channels, positions));
  }

  /**
   * The derivatives of {@code sum_n <c1, G_n> + <c2, G_n * G_n>}: with {@code C_n = c1 + 2 c2 *
   * G_n} they are the convolution of each sample's {@code x} with {@code C_n}, and its adjoint on
   * {@code u}.
   *
   * @param sumCotangent {@code c1}, in the weight's shape
   * @param squaredSumCotangent {@code c2}, in the weight's shape or a scalar
   * @param ofInput whether the derivative with respect to {@code x} is wanted too
   */
  default SampleCotangents convolutionSampleCotangents(
      Tensor x,
      Tensor outputGradient,
      Tensor sumCotangent,
      Tensor squaredSumCotangent,
      Window window,
      int groups,
      boolean ofInput) {
    Shape weightShape = sumCotangent.shape();
    ShapeRules.requireConvolution(x.shape(), weightShape, outputGradient.shape(), window, groups);
    Tensor columns = inGroups(unfold(x, window), groups);
    Tensor factors = inGroups(outputGradient, groups);
    Shape grouped =
        Shape.of(groups, weightShape.extent(0) / groups, weightShape.dropFirst().size());
    Tensor squared = reshape(scale(broadcastTo(squaredSumCotangent, weightShape), 2), grouped);
    Tensor toOutput =
        add(
            convolve(x, sumCotangent, window, groups),
            reshape(
                weightedSampleProduct(squared, factors, columns, columns), outputGradient.shape()));
    if (!ofInput) {
      return new SampleCotangents(toOutput, null);
    }
    Tensor toColumns =
        weightedSampleProduct(transpose(squared, 0, 2, 1), columns, factors, factors);
    Tensor toInput =
        add(
            convolveInputGradient(outputGradient, sumCotangent, x.shape(), window, groups),
            fold(reshape(toColumns, ShapeRules.unfolded(x.shape(), window)), x.shape(), window));
    return new SampleCotangents(toOutput, toInput);
  }

  // Selection

  /**
   * Where the maximum of each window lies in the flattened {@code x [n,c,...]}; the first index
   * wins a tie, what lies outside never wins, and NaN wins over every number.
   */
  Indices maxPoolIndices(Tensor x, Window window);

  /**
   * The maximum of each window with its position: {@link #gather} of {@link #maxPoolIndices}, and
   * refuses what that refuses.
   */
  default Pooled maxPool(Tensor x, Window window) {
    Indices positions = maxPoolIndices(x, window);
    return new Pooled(gather(x, positions), positions);
  }

  /** The elements at the given positions of the flattened {@code x}. */
  Tensor gather(Tensor x, Indices indices);

  /** The adjoint of {@link #gather}: adds each element to its position in zeros. */
  Tensor scatterAdd(Tensor x, Indices indices, Shape shape);
}
