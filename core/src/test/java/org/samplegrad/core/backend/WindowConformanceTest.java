package org.samplegrad.core.backend;

import java.util.List;

/** Convolution, its adjoints, and the columns they can be computed from. */
class WindowConformanceTest extends BackendConformance {
  private static final int HEIGHT = 7;
  private static final int WIDTH = 9;

  private static final List<Window> WINDOWS =
      List.of(
          new Window(1, 1, 1, 1, 0, 0, 1, 1),
          new Window(3, 2, 1, 1, 0, 0, 1, 1),
          new Window(2, 3, 2, 3, 0, 0, 1, 1),
          new Window(3, 4, 1, 2, 1, 2, 1, 1),
          new Window(2, 3, 1, 1, 0, 0, 3, 2),
          new Window(3, 2, 2, 1, 2, 1, 2, 3),
          new Window(1, 1, 3, 2, 1, 1, 1, 1),
          new Window(HEIGHT, WIDTH, 1, 1, 0, 0, 1, 1),
          new Window(2, 2, 5, 5, 0, 0, 1, 1));

  private record Channels(int samples, int inputs, int outputs, int groups) {}

  private static final List<Channels> CHANNELS =
      List.of(
          new Channels(2, 3, 4, 1),
          new Channels(1, 1, 1, 1),
          new Channels(3, 4, 6, 2),
          new Channels(2, 3, 3, 3),
          new Channels(2, 2, 4, 2));

  WindowConformanceTest(Choice choice) {
    super(choice);
  }

  private NaiveArray weight(Channels channels, Window window) {
    return random(
        channels.outputs(),
        channels.inputs() / channels.groups(),
        window.kernelHeight(),
        window.kernelWidth());
  }

  private NaiveArray image(Channels channels) {
    return random(channels.samples(), channels.inputs(), HEIGHT, WIDTH);
  }

  @ConformanceCase("convolve(Tensor,Tensor,Window,int)")
  void convolves() {
    for (Window window : WINDOWS) {
      for (Channels channels : CHANNELS) {
        NaiveArray x = image(channels);
        NaiveArray weight = weight(channels, window);
        assertEqual(
            backend.convolve(input(x), input(weight), window, channels.groups()),
            NaiveWindows.convolve(x, weight, window, channels.groups()));
      }
    }
  }

  @ConformanceCase("convolveInputGradient(Tensor,Tensor,Shape,Window,int)")
  void pullsConvolutionBackToItsInput() {
    for (Window window : WINDOWS) {
      for (Channels channels : CHANNELS) {
        NaiveArray x = image(channels);
        NaiveArray weight = weight(channels, window);
        NaiveArray gradient =
            random(NaiveWindows.outputShape(x.shape(), channels.outputs(), window).extents());
        assertEqual(
            backend.convolveInputGradient(
                input(gradient), input(weight), x.shape(), window, channels.groups()),
            NaiveWindows.convolveInputGradient(
                gradient, weight, x.shape(), window, channels.groups()));
      }
    }
  }

  @ConformanceCase("convolveWeightGradient(Tensor,Tensor,Shape,Window,int)")
  void pullsConvolutionBackToItsWeight() {
    for (Window window : WINDOWS) {
      for (Channels channels : CHANNELS) {
        NaiveArray x = image(channels);
        Shape shape = weight(channels, window).shape();
        NaiveArray gradient =
            random(NaiveWindows.outputShape(x.shape(), channels.outputs(), window).extents());
        assertEqual(
            backend.convolveWeightGradient(
                input(x), input(gradient), shape, window, channels.groups()),
            NaiveWindows.convolveWeightGradient(x, gradient, shape, window, channels.groups()));
      }
    }
  }

  @ConformanceCase("unfold(Tensor,Window)")
  void unfoldsWindowsAsColumns() {
    for (Window window : WINDOWS) {
      for (NaiveArray x : List.of(random(2, 3, HEIGHT, WIDTH), random(1, 1, HEIGHT, WIDTH))) {
        assertEqual(backend.unfold(input(x), window), NaiveWindows.unfold(x, window));
      }
    }
  }

  @ConformanceCase("fold(Tensor,Shape,Window)")
  void foldsColumnsBackIntoImages() {
    for (Window window : WINDOWS) {
      for (Shape shape : List.of(Shape.of(2, 3, HEIGHT, WIDTH), Shape.of(1, 1, HEIGHT, WIDTH))) {
        NaiveArray columns = random(NaiveWindows.columnsShape(shape, window).extents());
        assertEqual(
            backend.fold(input(columns), shape, window), NaiveWindows.fold(columns, shape, window));
      }
    }
  }

  @ConformanceCase("convolve(Tensor,Tensor,Window,int)")
  void anImageOfOneElementConvolves() {
    NaiveArray x = random(2, 1, 1, 1);
    NaiveArray weight = random(2, 1, 3, 3);
    Window padded = new Window(3, 3, 1, 1, 1, 1, 1, 1);
    assertEqual(
        backend.convolve(input(x), input(weight), padded, 1),
        NaiveWindows.convolve(x, weight, padded, 1));
  }

  private static final Window KERNEL = new Window(3, 2, 1, 1, 0, 0, 1, 1);
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
    int height = KERNEL.outputHeight(HEIGHT);
    int width = KERNEL.outputWidth(WIDTH);
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
    int height = KERNEL.outputHeight(HEIGHT);
    int width = KERNEL.outputWidth(WIDTH);
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
  }

  @ConformanceCase("fold(Tensor,Shape,Window)")
  void foldRefusesWhatDoesNotFit() {
    int positions = KERNEL.outputHeight(HEIGHT) * KERNEL.outputWidth(WIDTH);
    int columns = 4 * KERNEL.kernelSize();
    assertRefused(() -> backend.fold(input(random(2, positions, columns)), IMAGES, KERNEL));
    assertRefused(() -> backend.fold(input(random(1, columns, positions)), IMAGES, KERNEL));
    assertRefused(
        () ->
            backend.fold(input(random(2, columns, positions)), Shape.of(4, HEIGHT, WIDTH), KERNEL));
  }
}
