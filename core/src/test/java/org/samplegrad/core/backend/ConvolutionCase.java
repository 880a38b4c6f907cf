package org.samplegrad.core.backend;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A convolution of random arrays and all that is derived from it, by plain loops: computed once,
 * for every backend that is compared with it.
 */
final class ConvolutionCase {
  private static final long SEED = 20240917;
  private static final int HEIGHT = 7;
  private static final int WIDTH = 9;
  private static final int[] PLANE = {HEIGHT, WIDTH};
  private static final int[] LINE = {9};
  private static final int[] VOLUME = {3, 5, 4};

  /** A window and the spatial extents of images it slides over. */
  record Slide(Window window, int... extents) {
    Shape images(int samples, int channels) {
      return Shape.of(extents).prepend(channels).prepend(samples);
    }
  }

  private static Slide slide(int[] extents, Window window) {
    return new Slide(window, extents);
  }

  static final List<Slide> SLIDES =
      List.of(
          slide(PLANE, Window.ofKernel(1, 1)),
          slide(PLANE, Window.ofKernel(3, 2)),
          slide(PLANE, Window.ofKernel(2, 3).withStride(2, 3)),
          slide(PLANE, Window.ofKernel(3, 4).withStride(1, 2).withPadding(1, 2)),
          slide(PLANE, Window.ofKernel(2, 3).withDilation(3, 2)),
          slide(PLANE, Window.ofKernel(3, 2).withStride(2, 1).withPadding(2, 1).withDilation(2, 3)),
          slide(PLANE, Window.ofKernel(1, 1).withStride(3, 2).withPadding(1)),
          slide(PLANE, Window.ofKernel(HEIGHT, WIDTH)),
          slide(PLANE, Window.ofKernel(2, 2).withStride(5)),
          slide(PLANE, Window.ofKernel(3, 2).withPadding(new int[] {0, 2}, new int[] {1, 0})),
          slide(PLANE, Window.ofKernel(2, 4).withStride(2, 3).roundingUp(true)),
          slide(PLANE, Window.ofKernel(3, 3).withStride(3).withPadding(1).roundingUp(true)),
          slide(new int[] {9, 12}, Window.ofKernel(2, 3)),
          slide(new int[] {12, 11}, Window.ofKernel(3, 2).withDilation(2, 1)),
          slide(new int[] {80}, Window.ofKernel(3).withDilation(2)),
          slide(new int[] {5, 6, 5}, Window.ofKernel(2, 2, 2)),
          slide(LINE, Window.ofKernel(1)),
          slide(LINE, Window.ofKernel(3).withPadding(1)),
          slide(LINE, Window.ofKernel(2).withStride(3).withPadding(new int[] {2}, new int[] {0})),
          slide(LINE, Window.ofKernel(3).withStride(2).withDilation(2).roundingUp(true)),
          slide(new int[] {1}, Window.ofKernel(2).withPadding(1)),
          slide(VOLUME, Window.ofKernel(1, 2, 3)),
          slide(VOLUME, Window.ofKernel(2, 2, 2).withStride(1, 2, 3).withPadding(1, 0, 2)),
          slide(VOLUME, Window.ofKernel(2, 3, 1).withDilation(2, 1, 2)),
          slide(
              VOLUME,
              Window.ofKernel(2, 2, 2)
                  .withStride(2, 3, 2)
                  .withPadding(new int[] {0, 1, 0}, new int[] {1, 0, 2})
                  .roundingUp(true)));

  private record Channels(int samples, int inputs, int outputs, int groups) {}

  private static final List<Channels> CHANNELS =
      List.of(
          new Channels(2, 3, 4, 1),
          new Channels(1, 1, 1, 1),
          new Channels(2, 8, 26, 2),
          new Channels(1, 24, 18, 1),
          new Channels(3, 4, 6, 2),
          new Channels(2, 3, 3, 3),
          new Channels(2, 2, 4, 2));

  /** Rows of a window that are as long as twelve, eight and four vectors of 16, and more. */
  private static final List<Channels> WIDE =
      List.of(new Channels(2, 67, 5, 1), new Channels(1, 136, 4, 2), new Channels(1, 30, 14, 1));

  private static final List<Slide> FOR_WIDE =
      List.of(
          slide(new int[] {5, 7}, Window.ofKernel(2, 3)),
          slide(new int[] {4, 6}, Window.ofKernel(1, 2).withPadding(1)),
          slide(new int[] {9}, Window.ofKernel(4).withStride(2)));

  /** More positions than a backend may want to take at once. */
  private static final ConvolutionCase LARGE =
      new ConvolutionCase(
          slide(new int[] {70, 60}, Window.ofKernel(1, 1)), new Channels(1, 24, 18, 1));

  static final List<ConvolutionCase> ALL = all();

  private static List<ConvolutionCase> all() {
    List<ConvolutionCase> cases = new ArrayList<>();
    SLIDES.forEach(slide -> CHANNELS.forEach(some -> cases.add(new ConvolutionCase(slide, some))));
    FOR_WIDE.forEach(slide -> WIDE.forEach(some -> cases.add(new ConvolutionCase(slide, some))));
    cases.add(LARGE);
    return cases;
  }

  final Window window;
  final int groups;
  final int samples;
  final NaiveArray x;
  final NaiveArray weight;

  /** In the weight's shape, and a number. */
  final List<NaiveArray> squaredSumCotangents;

  final List<OutputGradient> outputGradients;
  private NaiveArray convolved;

  private ConvolutionCase(Slide slide, Channels channels) {
    Random random = new Random(SEED);
    this.window = slide.window();
    this.groups = channels.groups();
    this.samples = channels.samples();
    Shape images = slide.images(samples, channels.inputs());
    Shape weights =
        Shape.of(window.kernel()).prepend(channels.inputs() / groups).prepend(channels.outputs());
    Shape outputs = NaiveWindows.outputShape(images, channels.outputs(), window);
    this.x = NaiveArray.random(random, images.extents());
    this.weight = NaiveArray.random(random, weights.extents());
    this.squaredSumCotangents =
        List.of(NaiveArray.random(random, weights.extents()), NaiveArray.random(random));
    this.outputGradients =
        List.of(
            new OutputGradient(NaiveArray.random(random, outputs.extents())),
            new OutputGradient(PoolAndMask.random(random, outputs)));
  }

  static Window pairs(Shape images) {
    int[] kernel = new int[images.rank() - 2];
    Arrays.fill(kernel, 2);
    return Window.ofKernel(kernel).withStride(2).roundingUp(true);
  }

  NaiveArray convolved() {
    if (convolved == null) {
      convolved = NaiveWindows.convolve(x, weight, window, groups);
    }
    return convolved;
  }

  /** A gradient of the output, with what is derived from it. */
  final class OutputGradient {
    /** Null for any gradient. */
    private final PoolAndMask origin;

    private final NaiveArray values;

    /** 1 where a cotangent of it counts, null if everywhere. */
    final NaiveArray mask;

    private NaiveArray ofInput;
    private List<NaiveArray> ofWeight;
    private final List<Cotangents> cotangents = new ArrayList<>();

    private OutputGradient(NaiveArray values) {
      this.origin = null;
      this.values = values;
      this.mask = null;
    }

    private OutputGradient(PoolAndMask origin) {
      this.origin = origin;
      this.values = origin.values();
      this.mask = NaiveArrays.map(values, value -> value == 0 ? 0 : 1);
    }

    Tensor on(Backend backend) {
      return origin == null ? values.on(backend) : origin.on(backend);
    }

    NaiveArray inputGradient() {
      if (ofInput == null) {
        ofInput = NaiveWindows.convolveInputGradient(values, weight, x.shape(), window, groups);
      }
      return ofInput;
    }

    /** Of each sample. */
    private List<NaiveArray> weightGradients() {
      if (ofWeight == null) {
        ofWeight = new ArrayList<>();
        for (int n = 0; n < samples; n++) {
          ofWeight.add(
              NaiveWindows.convolveWeightGradient(
                  x.sample(n), values.sample(n), weight.shape(), window, groups));
        }
      }
      return ofWeight;
    }

    NaiveArray weightGradient() {
      return weightGradients().stream()
          .reduce(NaiveArray.zeros(weight.shape()), ConvolutionCase::sum);
    }

    NaiveArray squaredWeightGradient() {
      return weightGradients().stream()
          .map(own -> product(own, own))
          .reduce(NaiveArray.zeros(weight.shape()), ConvolutionCase::sum);
    }

    /**
     * The derivatives of {@code sum_n <c1, G_n> + <c2, G_n * G_n>} for the weight as {@code c1}.
     *
     * @param number of the {@code c2} in {@link #squaredSumCotangents}
     */
    Cotangents cotangents(int number) {
      if (cotangents.isEmpty()) {
        squaredSumCotangents.forEach(second -> cotangents.add(cotangents(second)));
      }
      return cotangents.get(number);
    }

    private Cotangents cotangents(NaiveArray second) {
      List<NaiveArray> toOutput = new ArrayList<>();
      List<NaiveArray> toInput = new ArrayList<>();
      for (int n = 0; n < samples; n++) {
        NaiveArray scaled = NaiveArrays.map(weightGradients().get(n), value -> 2 * value);
        NaiveArray weights = sum(weight, product(second, scaled));
        NaiveArray image = x.sample(n);
        toOutput.add(NaiveWindows.convolve(image, weights, window, groups));
        toInput.add(
            NaiveWindows.convolveInputGradient(
                values.sample(n), weights, image.shape(), window, groups));
      }
      return new Cotangents(toOutput, toInput);
    }
  }

  /** Of each sample. */
  record Cotangents(List<NaiveArray> outputGradient, List<NaiveArray> input) {}

  /** What a gradient came through: the maxima of a pool, and a ReLU of another array. */
  private record PoolAndMask(NaiveArray pooled, Indices maxima, NaiveArray maskedBy) {
    static PoolAndMask random(Random random, Shape outputs) {
      NaiveArray before = NaiveArray.random(random, outputs.extents());
      Window pairs = pairs(outputs);
      Indices maxima =
          new Indices(
              NaiveWindows.outputShape(outputs, outputs.extent(1), pairs),
              NaiveWindows.maxPoolPositions(before, pairs));
      return new PoolAndMask(
          NaiveArray.random(random, maxima.shape().extents()),
          maxima,
          NaiveArray.random(random, outputs.extents()));
    }

    NaiveArray values() {
      NaiveArray scattered = NaiveArrays.scatterAdd(pooled, maxima, maskedBy.shape());
      return NaiveArrays.combine(scattered, maskedBy, (g, by) -> by > 0 ? g : 0);
    }

    Tensor on(Backend backend) {
      Tensor scattered = backend.scatterAdd(pooled.on(backend), maxima, maskedBy.shape());
      return backend.maskPositive(scattered, maskedBy.on(backend));
    }
  }

  static NaiveArray sum(NaiveArray a, NaiveArray b) {
    return NaiveArrays.combine(a, b, Double::sum);
  }

  static NaiveArray product(NaiveArray a, NaiveArray b) {
    return NaiveArrays.combine(a, b, (x, y) -> x * y);
  }
}
