package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Convolution, its adjoints, and the columns they can be computed from. */
class WindowConformanceTest extends BackendConformance {
  private static final int HEIGHT = 7;
  private static final int WIDTH = 9;
  private static final int[] PLANE = {HEIGHT, WIDTH};
  private static final int[] LINE = {9};
  private static final int[] VOLUME = {3, 5, 4};

  /** A window and the spatial extents of images it slides over. */
  private record Slide(Window window, int... extents) {
    Shape images(int samples, int channels) {
      return Shape.of(extents).prepend(channels).prepend(samples);
    }
  }

  private static Slide slide(int[] extents, Window window) {
    return new Slide(window, extents);
  }

  private static final List<Slide> SLIDES =
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

  WindowConformanceTest(Choice choice) {
    super(choice);
  }

  private NaiveArray weight(Channels channels, Window window) {
    return like(
        Shape.of(window.kernel())
            .prepend(channels.inputs() / channels.groups())
            .prepend(channels.outputs()));
  }

  private NaiveArray image(Channels channels, Slide slide) {
    return like(slide.images(channels.samples(), channels.inputs()));
  }

  private NaiveArray output(Channels channels, Slide slide) {
    Shape images = slide.images(channels.samples(), channels.inputs());
    return like(NaiveWindows.outputShape(images, channels.outputs(), slide.window()));
  }

  /**
   * The gradient of a convolution's output.
   *
   * @param mask 1 where a cotangent of it counts, null if everywhere
   */
  private record OutputGradient(NaiveArray values, Tensor tensor, NaiveArray mask) {}

  /** Any gradient, and one that came through a max pool and a ReLU. */
  private List<OutputGradient> outputGradients(Channels channels, Slide slide) {
    NaiveArray any = output(channels, slide);
    return List.of(new OutputGradient(any, input(any), null), behindPool(any.shape()));
  }

  private static Window pairs(Shape shape) {
    int[] kernel = new int[shape.rank() - 2];
    Arrays.fill(kernel, 2);
    return Window.ofKernel(kernel).withStride(2).roundingUp(true);
  }

  private OutputGradient behindPool(Shape shape) {
    Indices maxima = backend.maxPoolIndices(input(like(shape)), pairs(shape));
    Tensor pooled = input(like(maxima.shape()));
    Tensor gradient =
        backend.maskPositive(backend.scatterAdd(pooled, maxima, shape), input(like(shape)));
    NaiveArray values = NaiveArray.of(shape, backend.toDoubles(gradient));
    return new OutputGradient(
        values, gradient, NaiveArrays.map(values, value -> value == 0 ? 0 : 1));
  }

  private void assertEqualWhereMasked(Tensor found, NaiveArray expected, NaiveArray mask) {
    if (mask == null) {
      assertEqual(found, expected);
    } else {
      assertEqual(backend.multiply(found, input(mask)), product(expected, mask));
    }
  }

  private NaiveArray like(Shape shape) {
    return random(shape.extents());
  }

  @ConformanceCase("convolve(Tensor,Tensor,Window,int)")
  void convolves() {
    for (Slide slide : SLIDES) {
      for (Channels channels : CHANNELS) {
        NaiveArray x = image(channels, slide);
        NaiveArray weight = weight(channels, slide.window());
        assertEqual(
            backend.convolve(input(x), input(weight), slide.window(), channels.groups()),
            NaiveWindows.convolve(x, weight, slide.window(), channels.groups()));
      }
    }
  }

  /** Asked for the maxima alone, a backend may find them on the way. */
  @ConformanceCase("maxPool(Tensor,Window)")
  void poolsAConvolution() {
    for (Slide slide : SLIDES) {
      for (Channels channels : CHANNELS) {
        Tensor x = input(image(channels, slide));
        Tensor weight = input(weight(channels, slide.window()));
        Supplier<Tensor> convolution =
            () -> backend.convolve(x, weight, slide.window(), channels.groups());
        NaiveArray all =
            NaiveArray.of(convolution.get().shape(), backend.toDoubles(convolution.get()));
        Tensor asked = convolution.get();
        for (int use = 0; use < 2; use++) {
          Pooled pooled = backend.maxPool(asked, pairs(all.shape()));
          int[] maxima = NaiveWindows.maxPoolPositions(all, pairs(all.shape()));

          Indices expected = new Indices(pooled.values().shape(), maxima);
          assertThat(pooled.positions().shape()).isEqualTo(expected.shape());
          assertThat(IntStream.range(0, maxima.length).map(pooled.positions()::position))
              .containsExactly(Arrays.stream(maxima).boxed().toArray(Integer[]::new));
          assertThat(backend.toDoubles(pooled.values()))
              .containsExactly(NaiveArrays.gather(all, expected).values());
          assertThat(backend.toDoubles(asked)).containsExactly(all.values());
        }
      }
    }
  }

  @ConformanceCase("convolveOnSupportOf(Tensor,Tensor,Tensor,Window,int)")
  void convolvesOnTheSupportOfAnOutputGradient() {
    for (Slide slide : SLIDES) {
      for (Channels channels : CHANNELS) {
        NaiveArray x = image(channels, slide);
        NaiveArray weight = weight(channels, slide.window());
        for (OutputGradient gradient : outputGradients(channels, slide)) {
          assertEqualWhereMasked(
              backend.convolveOnSupportOf(
                  gradient.tensor(), input(x), input(weight), slide.window(), channels.groups()),
              NaiveWindows.convolve(x, weight, slide.window(), channels.groups()),
              gradient.mask());
        }
      }
    }
  }

  @ConformanceCase("convolveOnSupportOf(Tensor,Tensor,Tensor,Window,int)")
  void convolutionOnASupportRefusesWhatDoesNotFit() {
    Tensor x = input(random(IMAGES.extents()));
    Tensor weight = input(random(WEIGHT.extents()));
    Tensor other = input(random(2, 6, 1, 1));
    assertRefused(() -> backend.convolveOnSupportOf(other, x, weight, KERNEL, GROUPS));
  }

  @ConformanceCase("convolveInputGradient(Tensor,Tensor,Shape,Window,int)")
  void pullsConvolutionBackToItsInput() {
    for (Slide slide : SLIDES) {
      for (Channels channels : CHANNELS) {
        Shape images = slide.images(channels.samples(), channels.inputs());
        NaiveArray weight = weight(channels, slide.window());
        for (OutputGradient gradient : outputGradients(channels, slide)) {
          assertEqual(
              backend.convolveInputGradient(
                  gradient.tensor(), input(weight), images, slide.window(), channels.groups()),
              NaiveWindows.convolveInputGradient(
                  gradient.values(), weight, images, slide.window(), channels.groups()));
        }
      }
    }
  }

  @ConformanceCase("convolveWeightGradient(Tensor,Tensor,Shape,Window,int)")
  void pullsConvolutionBackToItsWeight() {
    for (Slide slide : SLIDES) {
      for (Channels channels : CHANNELS) {
        NaiveArray x = image(channels, slide);
        Shape shape = weight(channels, slide.window()).shape();
        for (OutputGradient gradient : outputGradients(channels, slide)) {
          assertEqual(
              backend.convolveWeightGradient(
                  input(x), gradient.tensor(), shape, slide.window(), channels.groups()),
              NaiveWindows.convolveWeightGradient(
                  x, gradient.values(), shape, slide.window(), channels.groups()));
        }
      }
    }
  }

  @ConformanceCase("unfold(Tensor,Window)")
  void unfoldsWindowsAsColumns() {
    for (Slide slide : SLIDES) {
      for (Shape shape : List.of(slide.images(2, 3), slide.images(1, 1))) {
        NaiveArray x = like(shape);
        assertEqual(
            backend.unfold(input(x), slide.window()), NaiveWindows.unfold(x, slide.window()));
      }
    }
  }

  @ConformanceCase("fold(Tensor,Shape,Window)")
  void foldsColumnsBackIntoImages() {
    for (Slide slide : SLIDES) {
      for (Shape shape : List.of(slide.images(2, 3), slide.images(1, 1))) {
        NaiveArray columns = like(NaiveWindows.columnsShape(shape, slide.window()));
        assertEqual(
            backend.fold(input(columns), shape, slide.window()),
            NaiveWindows.fold(columns, shape, slide.window()));
      }
    }
  }

  @ConformanceCase("convolve(Tensor,Tensor,Window,int)")
  void anImageOfOneElementConvolves() {
    NaiveArray x = random(2, 1, 1, 1);
    NaiveArray weight = random(2, 1, 3, 3);
    Window padded = Window.ofKernel(3, 3).withPadding(1);
    assertEqual(
        backend.convolve(input(x), input(weight), padded, 1),
        NaiveWindows.convolve(x, weight, padded, 1));
  }

  private static final Window KERNEL = Window.ofKernel(3, 2);
  private static final Shape IMAGES = Shape.of(2, 4, HEIGHT, WIDTH);
  private static final Shape WEIGHT = Shape.of(6, 2, 3, 2);
  private static final int GROUPS = 2;

  @ConformanceCase("convolve(Tensor,Tensor,Window,int)")
  void convolutionRefusesWhatDoesNotFit() {
    Tensor x = input(random(IMAGES.extents()));
    Tensor weight = input(random(WEIGHT.extents()));
    assertRefused(() -> backend.convolve(x, input(random(6, 3, 3, 2)), KERNEL, GROUPS));
    assertRefused(() -> backend.convolve(x, input(random(5, 2, 3, 2)), KERNEL, GROUPS));
    assertRefused(() -> backend.convolve(x, input(random(6, 2, 2, 3)), KERNEL, GROUPS));
    assertRefused(() -> backend.convolve(x, weight, KERNEL, 3));
    assertRefused(() -> backend.convolve(x, input(random(6, 2, 6)), KERNEL, GROUPS));
    assertRefused(() -> backend.convolve(input(random(4, 7, 9)), weight, KERNEL, GROUPS));
    assertRefused(() -> backend.convolve(input(random(2, 4, 2, 9)), weight, KERNEL, GROUPS));
  }

  @ConformanceCase("convolveInputGradient(Tensor,Tensor,Shape,Window,int)")
  void inputGradientRefusesWhatDoesNotFit() {
    Tensor weight = input(random(WEIGHT.extents()));
    int height = KERNEL.outputExtent(0, HEIGHT);
    int width = KERNEL.outputExtent(1, WIDTH);
    Tensor swapped = input(random(2, 6, width, height));
    Tensor fewer = input(random(2, 4, height, width));
    Tensor fitting = input(random(2, 6, height, width));
    assertRefused(() -> backend.convolveInputGradient(swapped, weight, IMAGES, KERNEL, GROUPS));
    assertRefused(() -> backend.convolveInputGradient(fewer, weight, IMAGES, KERNEL, GROUPS));
    assertRefused(
        () ->
            backend.convolveInputGradient(
                fitting, weight, Shape.of(1, 4, HEIGHT, WIDTH), KERNEL, GROUPS));
  }

  @ConformanceCase("convolveWeightGradient(Tensor,Tensor,Shape,Window,int)")
  void weightGradientRefusesWhatDoesNotFit() {
    Tensor x = input(random(IMAGES.extents()));
    int height = KERNEL.outputExtent(0, HEIGHT);
    int width = KERNEL.outputExtent(1, WIDTH);
    Tensor swapped = input(random(2, 6, width, height));
    Tensor other = input(random(1, 6, height, width));
    Tensor fitting = input(random(2, 6, height, width));
    assertRefused(() -> backend.convolveWeightGradient(x, swapped, WEIGHT, KERNEL, GROUPS));
    assertRefused(() -> backend.convolveWeightGradient(x, other, WEIGHT, KERNEL, GROUPS));
    assertRefused(
        () -> backend.convolveWeightGradient(x, fitting, Shape.of(6, 2, 2, 3), KERNEL, GROUPS));
  }

  @ConformanceCase("unfold(Tensor,Window)")
  void unfoldRefusesWhatDoesNotFit() {
    assertRefused(() -> backend.unfold(input(random(4, HEIGHT, WIDTH)), KERNEL));
    assertRefused(() -> backend.unfold(input(random(1, 1, 2, WIDTH)), KERNEL));
    assertRefused(() -> backend.unfold(input(random(1, 1, HEIGHT)), KERNEL));
    assertRefused(() -> backend.unfold(input(random(1, 1, HEIGHT, WIDTH)), Window.ofKernel(2)));
  }

  @ConformanceCase("fold(Tensor,Shape,Window)")
  void foldRefusesWhatDoesNotFit() {
    int positions = KERNEL.outputExtent(0, HEIGHT) * KERNEL.outputExtent(1, WIDTH);
    int columns = 4 * KERNEL.kernelSize();
    assertRefused(() -> backend.fold(input(random(2, positions, columns)), IMAGES, KERNEL));
    assertRefused(() -> backend.fold(input(random(1, columns, positions)), IMAGES, KERNEL));
    assertRefused(
        () ->
            backend.fold(input(random(2, columns, positions)), Shape.of(4, HEIGHT, WIDTH), KERNEL));
  }

  /** Sample {@code n} as a block of one. */
  private static NaiveArray sample(NaiveArray x, int n) {
    return NaiveArrays.slice(x, 0, n, n + 1);
  }

  private static NaiveArray scaled(NaiveArray x, double factor) {
    return NaiveArrays.map(x, value -> factor * value);
  }

  private static NaiveArray sum(NaiveArray a, NaiveArray b) {
    return NaiveArrays.combine(a, b, Double::sum);
  }

  private static NaiveArray product(NaiveArray a, NaiveArray b) {
    return NaiveArrays.combine(a, b, (x, y) -> x * y);
  }

  @ConformanceCase("convolutionSampleSums(Tensor,Tensor,Shape,Window,int)")
  void sumsWeightGradientsAndTheirSquares() {
    for (Slide slide : SLIDES) {
      for (Channels channels : CHANNELS) {
        NaiveArray x = image(channels, slide);
        Shape shape = weight(channels, slide.window()).shape();
        for (OutputGradient gradient : outputGradients(channels, slide)) {
          assertSums(slide, channels, x, gradient, shape);
        }
      }
    }
  }

  /** More positions than a backend may want to take at once. */
  @ConformanceCase("convolutionSampleSums(Tensor,Tensor,Shape,Window,int)")
  void sumsWeightGradientsOfLargeImages() {
    Slide slide = slide(new int[] {70, 60}, Window.ofKernel(1, 1));
    Channels channels = new Channels(1, 24, 18, 1);
    NaiveArray x = image(channels, slide);
    Shape shape = weight(channels, slide.window()).shape();
    assertSums(slide, channels, x, outputGradients(channels, slide).get(0), shape);
  }

  private void assertSums(
      Slide slide, Channels channels, NaiveArray x, OutputGradient gradient, Shape shape) {
    NaiveArray sum = NaiveArray.zeros(shape);
    NaiveArray squaredSum = NaiveArray.zeros(shape);
    for (int n = 0; n < channels.samples(); n++) {
      NaiveArray own =
          NaiveWindows.convolveWeightGradient(
              sample(x, n), sample(gradient.values(), n), shape, slide.window(), channels.groups());
      sum = sum(sum, own);
      squaredSum = sum(squaredSum, product(own, own));
    }

    SampleSums found =
        backend.convolutionSampleSums(
            input(x), gradient.tensor(), shape, slide.window(), channels.groups());

    assertEqual(found.sum(), sum);
    assertEqual(found.squaredSum(), squaredSum);
  }

  @ConformanceCase("convolutionSampleCotangents(Tensor,Tensor,Tensor,Tensor,Window,int,boolean)")
  void pullsBackThroughSumsOfWeightGradients() {
    for (Slide slide : SLIDES) {
      for (Channels channels : CHANNELS) {
        NaiveArray first = weight(channels, slide.window());
        for (OutputGradient gradient : outputGradients(channels, slide)) {
          assertPullsBack(slide, channels, gradient, first, like(first.shape()));
          assertPullsBack(slide, channels, gradient, first, random());
        }
      }
    }
  }

  private void assertPullsBack(
      Slide slide,
      Channels channels,
      OutputGradient outputGradient,
      NaiveArray first,
      NaiveArray second) {
    NaiveArray x = image(channels, slide);
    NaiveArray gradient = outputGradient.values();
    Tensor images = input(x);
    Tensor c1 = input(first);
    Tensor c2 = input(second);

    SampleCotangents found =
        backend.convolutionSampleCotangents(
            images, outputGradient.tensor(), c1, c2, slide.window(), channels.groups(), true);
    SampleCotangents ofOutput =
        backend.convolutionSampleCotangents(
            images, outputGradient.tensor(), c1, c2, slide.window(), channels.groups(), false);

    for (int n = 0; n < channels.samples(); n++) {
      NaiveArray own =
          NaiveWindows.convolveWeightGradient(
              sample(x, n), sample(gradient, n), first.shape(), slide.window(), channels.groups());
      NaiveArray weights = sum(first, scaled(product(second, own), 2));
      NaiveArray mask = outputGradient.mask();
      assertEqualWhereMasked(
          backend.slice(found.outputGradient(), 0, n, n + 1),
          NaiveWindows.convolve(sample(x, n), weights, slide.window(), channels.groups()),
          mask == null ? null : sample(mask, n));
      assertEqual(
          backend.slice(found.input(), 0, n, n + 1),
          NaiveWindows.convolveInputGradient(
              sample(gradient, n),
              weights,
              sample(x, n).shape(),
              slide.window(),
              channels.groups()));
    }
    assertThat(ofOutput.input()).isNull();
    assertThat(backend.toDoubles(ofOutput.outputGradient()))
        .containsExactly(backend.toDoubles(found.outputGradient()));
  }

  @ConformanceCase("convolutionSampleSums(Tensor,Tensor,Shape,Window,int)")
  void sumsOfWeightGradientsRefuseWhatDoesNotFit() {
    Tensor x = input(random(IMAGES.extents()));
    Tensor other = input(random(1, 6, KERNEL.outputExtent(0, HEIGHT), WIDTH));
    assertRefused(() -> backend.convolutionSampleSums(x, other, WEIGHT, KERNEL, GROUPS));
    assertRefused(
        () ->
            backend.convolutionSampleCotangents(
                x, other, input(random(WEIGHT.extents())), input(random()), KERNEL, GROUPS, true));
  }
}
