package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Convolution, its adjoints, and the columns they can be computed from. */
class WindowConformanceTest extends BackendConformance {
  private static final int HEIGHT = 7;
  private static final int WIDTH = 9;

  WindowConformanceTest(Choice choice) {
    super(choice);
  }

  /** With expected elements in the place of those that do not count. */
  private void assertEqualWhereMasked(Tensor found, NaiveArray expected, NaiveArray mask) {
    if (mask == null) {
      assertEqual(found, expected);
      return;
    }
    NaiveArray others =
        NaiveArrays.combine(expected, mask, (value, counts) -> (1 - counts) * value);
    Tensor counted = backend.multiply(found, mask.on(backend));
    assertEqual(backend.add(counted, others.on(backend)), expected);
  }

  /** The tensors of a case live until the next one. */
  private void forEachCase(Consumer<ConvolutionCase> test) {
    for (ConvolutionCase one : ConvolutionCase.ALL) {
      Scope scope = backend.openScope();
      test.accept(one);
      scope.close();
    }
  }

  @ConformanceCase("convolve(Tensor,Tensor,Window,int)")
  void convolves() {
    forEachCase(
        one -> {
          Tensor x = one.x.on(backend);
          Tensor weight = one.weight.on(backend);
          assertEqual(backend.convolve(x, weight, one.window, one.groups), one.convolved());
          assertThat(backend.toDoubles(x)).isEqualTo(one.x.values());
          assertThat(backend.toDoubles(weight)).isEqualTo(one.weight.values());
        });
  }

  /** Asked for the maxima alone, a backend may find them on the way. */
  @ConformanceCase("maxPool(Tensor,Window)")
  void poolsAConvolution() {
    forEachCase(
        one -> {
          Tensor x = one.x.on(backend);
          Tensor weight = one.weight.on(backend);
          Supplier<Tensor> convolution = () -> backend.convolve(x, weight, one.window, one.groups);
          NaiveArray all =
              NaiveArray.of(convolution.get().shape(), backend.toDoubles(convolution.get()));
          Window pairs = ConvolutionCase.pairs(all.shape());
          int[] maxima = NaiveWindows.maxPoolPositions(all, pairs);
          Tensor asked = convolution.get();
          for (int use = 0; use < 2; use++) {
            Pooled pooled = backend.maxPool(asked, pairs);

            Indices expected = new Indices(pooled.values().shape(), maxima);
            assertThat(pooled.positions().shape()).isEqualTo(expected.shape());
            assertThat(
                    IntStream.range(0, maxima.length).map(pooled.positions()::position).toArray())
                .isEqualTo(maxima);
            assertThat(backend.toDoubles(pooled.values()))
                .isEqualTo(NaiveArrays.gather(all, expected).values());
            assertThat(backend.toDoubles(asked)).isEqualTo(all.values());
          }
        });
  }

  @ConformanceCase("convolveOnSupportOf(Tensor,Tensor,Tensor,Window,int)")
  void convolvesOnTheSupportOfAnOutputGradient() {
    forEachCase(
        one -> {
          for (ConvolutionCase.OutputGradient gradient : one.outputGradients) {
            Tensor found =
                backend.convolveOnSupportOf(
                    gradient.on(backend),
                    one.x.on(backend),
                    one.weight.on(backend),
                    one.window,
                    one.groups);
            assertEqualWhereMasked(found, one.convolved(), gradient.mask);
          }
        });
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
    forEachCase(
        one -> {
          for (ConvolutionCase.OutputGradient gradient : one.outputGradients) {
            Tensor found =
                backend.convolveInputGradient(
                    gradient.on(backend),
                    one.weight.on(backend),
                    one.x.shape(),
                    one.window,
                    one.groups);
            assertEqual(found, gradient.inputGradient());
          }
        });
  }

  @ConformanceCase("convolveWeightGradient(Tensor,Tensor,Shape,Window,int)")
  void pullsConvolutionBackToItsWeight() {
    forEachCase(
        one -> {
          for (ConvolutionCase.OutputGradient gradient : one.outputGradients) {
            Tensor found =
                backend.convolveWeightGradient(
                    one.x.on(backend),
                    gradient.on(backend),
                    one.weight.shape(),
                    one.window,
                    one.groups);
            assertEqual(found, gradient.weightGradient());
          }
        });
  }

  @ConformanceCase("unfold(Tensor,Window)")
  void unfoldsWindowsAsColumns() {
    for (ConvolutionCase.Slide slide : ConvolutionCase.SLIDES) {
      for (Shape shape : List.of(slide.images(2, 3), slide.images(1, 1))) {
        NaiveArray x = random(shape.extents());
        assertEqual(
            backend.unfold(input(x), slide.window()), NaiveWindows.unfold(x, slide.window()));
      }
    }
  }

  @ConformanceCase("fold(Tensor,Shape,Window)")
  void foldsColumnsBackIntoImages() {
    for (ConvolutionCase.Slide slide : ConvolutionCase.SLIDES) {
      for (Shape shape : List.of(slide.images(2, 3), slide.images(1, 1))) {
        NaiveArray columns = random(NaiveWindows.columnsShape(shape, slide.window()).extents());
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

  @ConformanceCase("convolutionSampleSums(Tensor,Tensor,Shape,Window,int)")
  void sumsWeightGradientsAndTheirSquares() {
    forEachCase(
        one -> {
          for (ConvolutionCase.OutputGradient gradient : one.outputGradients) {
            SampleSums found =
                backend.convolutionSampleSums(
                    one.x.on(backend),
                    gradient.on(backend),
                    one.weight.shape(),
                    one.window,
                    one.groups);
            assertEqual(found.sum(), gradient.weightGradient());
            assertEqual(found.squaredSum(), gradient.squaredWeightGradient());
          }
        });
  }

  @ConformanceCase("convolutionSampleCotangents(Tensor,Tensor,Tensor,Tensor,Window,int,boolean)")
  void pullsBackThroughSumsOfWeightGradients() {
    forEachCase(
        one -> {
          for (ConvolutionCase.OutputGradient gradient : one.outputGradients) {
            for (int second = 0; second < one.squaredSumCotangents.size(); second++) {
              assertPullsBack(one, gradient, second);
            }
          }
        });
  }

  private void assertPullsBack(
      ConvolutionCase one, ConvolutionCase.OutputGradient gradient, int second) {
    Tensor images = one.x.on(backend);
    Tensor u = gradient.on(backend);
    Tensor c1 = one.weight.on(backend);
    Tensor c2 = one.squaredSumCotangents.get(second).on(backend);

    SampleCotangents found =
        backend.convolutionSampleCotangents(images, u, c1, c2, one.window, one.groups, true);
    SampleCotangents ofOutput =
        backend.convolutionSampleCotangents(images, u, c1, c2, one.window, one.groups, false);

    ConvolutionCase.Cotangents expected = gradient.cotangents(second);
    for (int n = 0; n < one.samples; n++) {
      assertEqualWhereMasked(
          backend.slice(found.outputGradient(), 0, n, n + 1),
          expected.outputGradient().get(n),
          gradient.mask == null ? null : gradient.mask.sample(n));
      assertEqual(backend.slice(found.input(), 0, n, n + 1), expected.input().get(n));
    }
    assertThat(ofOutput.input()).isNull();
    assertThat(backend.toDoubles(ofOutput.outputGradient()))
        .isEqualTo(backend.toDoubles(found.outputGradient()));
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
