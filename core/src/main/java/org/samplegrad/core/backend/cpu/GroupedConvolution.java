package org.samplegrad.core.backend.cpu;

import org.samplegrad.core.backend.Shape;

/**
 * A convolution and its two adjoints, sample by sample: the windows of one group of one sample are
 * unfolded into a matrix small enough for the cache and multiplied.
 *
 * @param groups the number of groups
 * @param channels input channels of a group
 * @param outputs output channels of a group
 * @param window elements of a window in one channel
 */
record GroupedConvolution(
    CpuTensor images,
    CpuTensor weight,
    CpuTensor outputImages,
    Unfolding unfolding,
    int groups,
    int channels,
    int outputs,
    int window) {

  /**
   * @param images {@code [n,c,...]}
   * @param weight {@code [o,c/groups,...]}
   * @param outputImages {@code [n,o,...]}
   */
  static GroupedConvolution of(
      CpuTensor images, CpuTensor weight, CpuTensor outputImages, Unfolding unfolding, int groups) {
    Shape shape = weight.shape();
    return new GroupedConvolution(
        images,
        weight,
        outputImages,
        unfolding,
        groups,
        shape.extent(1),
        shape.extent(0) / groups,
        shape.dropFirst().dropFirst().size());
  }

  private int samples() {
    return images.shape().extent(0);
  }

  private int inputs() {
    return channels * window;
  }

  private int positions() {
    return unfolding.columnsSize() / window;
  }

  private Matrix weightMatrix(boolean transposed) {
    return new Matrix(weight.pointer(), outputs, inputs(), transposed);
  }

  private Matrix outputMatrix() {
    return new Matrix(outputImages.pointer(), outputs, positions());
  }

  /** What is done with the columns of one group of one sample; {@code block} counts both. */
  @FunctionalInterface
  private interface Step {
    void take(int block, int group);
  }

  private void forEach(Step step) {
    for (int block = 0; block < samples() * groups; block++) {
      step.take(block, block % groups);
    }
  }

  private int firstOfImage(int block) {
    return block * channels * unfolding.channelSize();
  }

  /** {@code y_n = W A_n} with the columns {@code A_n} of sample n. */
  void forward(Memory memory) {
    try (Columns columns = new Columns(memory, channels * unfolding.columnsSize())) {
      Matrix weights = weightMatrix(false);
      Matrix output = outputMatrix();
      Matrix unfolded = new Matrix(columns.pointer(), inputs(), positions());
      forEach(
          (block, group) -> {
            columns.unfold(unfolding, images.array(), firstOfImage(block), channels);
            Products.multiply(
                weights.at(group * weights.size()), unfolded, output.at(block * output.size()));
          });
    }
  }

  /** {@code x_n = fold(W^T y_n)}, added to the images, which hold zeros before. */
  void inputGradient(Memory memory) {
    try (Columns columns = new Columns(memory, channels * unfolding.columnsSize())) {
      Matrix weights = weightMatrix(true);
      Matrix output = outputMatrix();
      Matrix unfolded = new Matrix(columns.pointer(), inputs(), positions());
      forEach(
          (block, group) -> {
            Products.multiply(
                weights.at(group * weights.size()), output.at(block * output.size()), unfolded);
            columns.fold(unfolding, images.array(), firstOfImage(block), channels);
          });
    }
  }

  /** {@code W = sum_n y_n A_n^T}. */
  void weightGradient(Memory memory) {
    try (Columns columns = new Columns(memory, channels * unfolding.columnsSize())) {
      Matrix weights = weightMatrix(false);
      Matrix output = outputMatrix();
      Matrix unfolded = new Matrix(columns.pointer(), inputs(), positions(), true);
      forEach(
          (block, group) -> {
            columns.unfold(unfolding, images.array(), firstOfImage(block), channels);
            Products.accumulate(
                output.at(block * output.size()), unfolded, weights.at(group * weights.size()));
          });
    }
  }

  /**
   * {@code W = sum_n G_n} and {@code sum_n G_n * G_n} with {@code G_n = y_n A_n^T}; both hold zeros
   * before.
   */
  void sampleSums(Memory memory, CpuTensor squaredSum) {
    int size = outputs * inputs();
    try (Columns columns = new Columns(memory, channels * unfolding.columnsSize());
        GroupTotals sums = new GroupTotals(memory, groups, size);
        GroupTotals squaredSums = new GroupTotals(memory, groups, size);
        Columns product = new Columns(memory, size)) {
      Matrix output = outputMatrix();
      Matrix unfolded = new Matrix(columns.pointer(), inputs(), positions(), true);
      Matrix gradient = new Matrix(product.pointer(), outputs, inputs());
      forEach(
          (block, group) -> {
            columns.unfold(unfolding, images.array(), firstOfImage(block), channels);
            Products.multiply(output.at(block * output.size()), unfolded, gradient);
            float[] own = product.read();
            Loops.add(sums.of(group), own, sums.of(group), 0, size);
            Loops.accumulateProduct(own, own, squaredSums.of(group), 0, size);
          });
      sums.copyTo(weight.array());
      squaredSums.copyTo(squaredSum.array());
    }
  }

  /**
   * With {@code C_n = W + 2 c2 * G_n}: {@code C_n A_n} and, if wanted, {@code fold(C_n^T y_n)}.
   *
   * @param squaredSumCotangent {@code c2}, in the weight's shape or a scalar
   * @param toInput holds zeros before; null if it is not wanted
   */
  void sampleCotangents(
      Memory memory, CpuTensor squaredSumCotangent, CpuTensor toOutput, CpuTensor toInput) {
    int size = outputs * inputs();
    boolean uniform = squaredSumCotangent.size() == 1;
    try (Columns columns = new Columns(memory, channels * unfolding.columnsSize());
        GroupTotals first = new GroupTotals(memory, groups, size);
        GroupTotals second = new GroupTotals(memory, uniform ? 0 : groups, size);
        Columns product = new Columns(memory, size)) {
      first.copyFrom(weight.array());
      second.copyFrom(squaredSumCotangent.array());
      float one = squaredSumCotangent.array()[0];
      Matrix output = outputMatrix();
      Matrix target = new Matrix(toOutput.pointer(), outputs, positions());
      Matrix unfolded = new Matrix(columns.pointer(), inputs(), positions());
      Matrix unfoldedTransposed = new Matrix(columns.pointer(), inputs(), positions(), true);
      Matrix gradient = new Matrix(product.pointer(), outputs, inputs());
      Matrix gradientTransposed = new Matrix(product.pointer(), outputs, inputs(), true);
      forEach(
          (block, group) -> {
            columns.unfold(unfolding, images.array(), firstOfImage(block), channels);
            Products.multiply(output.at(block * output.size()), unfoldedTransposed, gradient);
            float[] own = product.read();
            if (uniform) {
              Loops.addScaled(first.of(group), 2 * one, own, own, 0, size);
            } else {
              Loops.addTwice(first.of(group), second.of(group), own, own, 0, size);
            }
            product.write();
            Products.multiply(gradient, unfolded, target.at(block * target.size()));
            if (toInput != null) {
              Products.multiply(gradientTransposed, output, unfolded);
              columns.fold(unfolding, toInput.array(), firstOfImage(block), channels);
            }
          });
    }
  }
}
