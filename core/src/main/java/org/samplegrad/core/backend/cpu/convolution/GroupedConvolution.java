package org.samplegrad.core.backend.cpu.convolution;

import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.backend.cpu.kernels.Loops;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Memory;
import org.samplegrad.core.backend.cpu.memory.Scratch;
import org.samplegrad.core.backend.cpu.memory.Support;

/**
 * A convolution over a block, and all that is made of the products of each sample's columns {@code
 * A_n}: its adjoints and the sums and pull-backs of the per-sample gradients of its weight.
 */
final class GroupedConvolution implements AutoCloseable {
  private final Memory memory;
  private final int samples;
  private final int groups;

  /** Elements of one group of one sample. */
  private final int imageSize;

  private final int outputSize;

  /** Elements of one group's weights. */
  private final int weightSize;

  private final SampleConvolution sample;

  /**
   * @param sample works with one group of one sample; closed with this
   */
  GroupedConvolution(ConvolutionGroup group, SampleConvolution sample) {
    Shape images = group.images();
    Shape weights = group.weights();
    Shape outputs = ShapeRules.convolution(images, weights, group.window(), group.groups());
    this.memory = group.memory();
    this.samples = images.extent(0);
    this.groups = group.groups();
    this.imageSize = images.dropFirst().size() / groups;
    this.outputSize = outputs.dropFirst().size() / groups;
    this.weightSize = weights.size() / groups;
    this.sample = sample;
  }

  /** Whether {@link #forward} and {@link #sampleCotangents} write outputs to Java arrays. */
  boolean writesArrays() {
    return sample.writesArrays();
  }

  /** The only positions where these write outputs, to sparse elements; null if they write all. */
  Support support() {
    return sample.support();
  }

  /** What is done with one group of one sample. */
  @FunctionalInterface
  private interface Step {
    void take(int image, int output);
  }

  /** Goes through the samples of a group; the step gets where image and output of each begin. */
  private void forEachSample(int group, Step step) {
    for (int n = 0; n < samples; n++) {
      int block = n * groups + group;
      step.take(block * imageSize, block * outputSize);
    }
  }

  private Scratch weightOf(float[] weight, int group) {
    Scratch own = new Scratch(memory, sample.weightSize());
    sample.packWeights(weight, group * weightSize, own);
    return own;
  }

  /** {@code y_n = W A_n}. */
  void forward(CpuTensor images, CpuTensor weight, CpuTensor y) {
    for (int group = 0; group < groups; group++) {
      try (Scratch own = weightOf(weight.array(), group)) {
        forEachSample(
            group,
            (image, output) -> {
              sample.unfold(images.array(), image);
              sample.product(own, y, output);
            });
      }
    }
  }

  /** {@code x_n = fold(W^T u_n)}, added to images of zeros. */
  void inputGradient(CpuTensor u, CpuTensor weight, CpuTensor images) {
    for (int group = 0; group < groups; group++) {
      try (Scratch own = weightOf(weight.array(), group)) {
        forEachSample(
            group, (image, output) -> sample.addAdjoint(own, u, output, images.array(), image));
      }
    }
  }

  /** What is done with the gradient {@code G_n = u_n A_n^T} of one group of one sample. */
  @FunctionalInterface
  private interface GradientStep {
    void take(Scratch gradient, int image, int output);
  }

  private void forEachGradient(int group, CpuTensor images, CpuTensor u, GradientStep step) {
    try (Scratch gradient = new Scratch(memory, sample.weightSize())) {
      forEachSample(
          group,
          (image, output) -> {
            sample.unfold(images.array(), image);
            sample.gradient(u, output, gradient);
            step.take(gradient, image, output);
          });
    }
  }

  /** {@code sum_n G_n}. */
  void weightGradient(CpuTensor images, CpuTensor u, CpuTensor sum) {
    for (int group = 0; group < groups; group++) {
      try (Accumulator total = new Accumulator(memory, sample.weightSize())) {
        forEachGradient(group, images, u, (gradient, image, output) -> total.add(gradient.array()));
        sample.unpackWeights(total.array(), sum.array(), group * weightSize);
      }
    }
  }

  /** {@code sum_n G_n} and {@code sum_n G_n * G_n}. */
  void sampleSums(CpuTensor images, CpuTensor u, CpuTensor sum, CpuTensor squaredSum) {
    for (int group = 0; group < groups; group++) {
      try (Accumulator total = new Accumulator(memory, sample.weightSize());
          Accumulator squares = new Accumulator(memory, sample.weightSize())) {
        forEachGradient(
            group,
            images,
            u,
            (gradient, image, output) -> {
              total.add(gradient.array());
              squares.addSquares(gradient.array());
            });
        sample.unpackWeights(total.array(), sum.array(), group * weightSize);
        sample.unpackWeights(squares.array(), squaredSum.array(), group * weightSize);
      }
    }
  }

  /**
   * With {@code C_n = c1 + 2 c2 * G_n}: {@code C_n A_n} and, if wanted, {@code fold(C_n^T u_n)}.
   *
   * @param c2 in the weight's shape or a scalar
   * @param toInput images of zeros; null if it is not wanted
   */
  void sampleCotangents(
      CpuTensor images,
      CpuTensor u,
      CpuTensor c1,
      CpuTensor c2,
      CpuTensor toOutput,
      CpuTensor toInput) {
    boolean uniform = c2.size() == 1;
    for (int group = 0; group < groups; group++) {
      try (Scratch first = weightOf(c1.array(), group);
          Scratch second = uniform ? null : weightOf(c2.array(), group)) {
        float one = c2.array()[0];
        forEachGradient(
            group,
            images,
            u,
            (gradient, image, output) -> {
              float[] own = gradient.array();
              if (uniform) {
                Loops.addScaled(first.array(), 2 * one, own, own, 0, sample.weightSize());
              } else {
                Loops.addTwice(first.array(), second.array(), own, own, 0, sample.weightSize());
              }
              sample.changed(gradient);
              sample.product(gradient, toOutput, output);
              if (toInput != null) {
                sample.addAdjoint(gradient, u, output, toInput.array(), image);
              }
            });
      }
    }
  }

  @Override
  public void close() {
    sample.close();
  }
}
