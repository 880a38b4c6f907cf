package org.samplegrad.core.backend;

/**
 * The softmax primitives made of plain ones. Of the largest probability {@code p_m} the difference
 * to 1 is never taken: it is the sum of the others, which keeps its digits when they are small.
 * Where {@code c} scores are equally large, all of them stand for the largest one.
 *
 * @param others 1 where a probability is smaller than the largest, else 0
 * @param largest 1 where it is not
 * @param count {@code c}, along the axis
 */
record SoftmaxFormulas(Backend backend, int axis, Tensor others, Tensor largest, Tensor count) {

  static SoftmaxFormulas of(Backend backend, Tensor probabilities, int axis) {
    Tensor maximum = backend.max(probabilities, axis);
    Tensor others = backend.step(backend.subtract(maximum, probabilities));
    Tensor one = backend.fill(Shape.scalar(), 1);
    Tensor largest = backend.subtract(one, others);
    return new SoftmaxFormulas(backend, axis, others, largest, backend.sum(largest, axis));
  }

  static Tensor softmax(Backend backend, Tensor x, int axis) {
    Tensor exponentials = backend.exp(backend.subtract(x, backend.max(x, axis)));
    return backend.divide(exponentials, backend.sum(exponentials, axis));
  }

  private Tensor sumOf(Tensor chosen, Tensor x) {
    return backend.sum(backend.multiply(chosen, x), axis);
  }

  /** {@code log p_k = (x_k - x_m) - log(1 + (c - 1) + sum of the others / p_m)}. */
  Tensor logSoftmax(Tensor x, Tensor probabilities) {
    Tensor one = backend.fill(Shape.scalar(), 1);
    Tensor relative =
        backend.divide(sumOf(others, probabilities), backend.max(probabilities, axis));
    Tensor rest = backend.add(backend.subtract(count, one), relative);
    return backend.subtract(
        backend.subtract(x, backend.max(x, axis)), backend.softplus(backend.log(rest)));
  }

  /**
   * {@code (x_k - x_m) - sum_j p_j (x_j - x_m)}; those of the {@code c} largest have the mean of
   * theirs as {@code x_m}, from which they differ by nothing in the mean.
   */
  Tensor pushForward(Tensor probabilities, Tensor tangent) {
    Tensor center = backend.divide(sumOf(largest, tangent), count);
    Tensor centered = backend.subtract(tangent, center);
    Tensor mean = sumOf(others, backend.multiply(probabilities, centered));
    return backend.subtract(centered, mean);
  }

  /**
   * {@code t_k - p_k sum_j t_j}, and of the largest {@code t_m (1 - c p_m) + p_m ((c t_m - their
   * sum of t) - the others' sum of t)}.
   */
  Tensor pullBack(Tensor probabilities, Tensor cotangent) {
    Tensor sum = backend.sum(cotangent, axis);
    Tensor ofOthers = backend.subtract(cotangent, backend.multiply(probabilities, sum));
    Tensor complement = sumOf(others, probabilities);
    Tensor among = backend.subtract(backend.multiply(count, cotangent), sumOf(largest, cotangent));
    Tensor beyond = backend.subtract(among, sumOf(others, cotangent));
    Tensor ofLargest =
        backend.add(
            backend.multiply(cotangent, complement), backend.multiply(probabilities, beyond));
    return backend.add(backend.multiply(others, ofOthers), backend.multiply(largest, ofLargest));
  }
}
