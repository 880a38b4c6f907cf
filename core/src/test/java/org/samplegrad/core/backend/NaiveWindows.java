package org.samplegrad.core.backend;

import java.util.Arrays;
import java.util.stream.IntStream;

/** What slides a window over images, as plain loops over every sample, channel and position. */
public final class NaiveWindows {
  private NaiveWindows() {}

  /** Takes the place of an element under one element of one window; never one of the padding. */
  @FunctionalInterface
  private interface Visitor {
    void visit(int[] place, int[] kernel, int[] output);
  }

  private static void slide(Shape images, Window window, Visitor visitor) {
    int[] extents = spatial(images);
    Shape kernels = Shape.of(window.kernel());
    Shape outputs = Shape.of(spatial(outputShape(images, 1, window)));
    for (int p = 0; p < outputs.size(); p++) {
      int[] output = NaiveArray.index(outputs, p);
      for (int k = 0; k < kernels.size(); k++) {
        int[] kernel = NaiveArray.index(kernels, k);
        int[] place = new int[extents.length];
        boolean inside = true;
        for (int axis = 0; axis < extents.length; axis++) {
          place[axis] =
              output[axis] * window.stride(axis)
                  + kernel[axis] * window.dilation(axis)
                  - window.paddingBefore(axis);
          inside &= place[axis] >= 0 && place[axis] < extents[axis];
        }
        if (inside) {
          visitor.visit(place, kernel, output);
        }
      }
    }
  }

  private static int[] spatial(Shape images) {
    return Arrays.copyOfRange(images.extents(), 2, images.rank());
  }

  /** {@code [first, second, ...rest]}. */
  private static int[] index(int first, int second, int[] rest) {
    return IntStream.concat(IntStream.of(first, second), Arrays.stream(rest)).toArray();
  }

  static Shape outputShape(Shape input, int channels, Window window) {
    int[] extents = spatial(input);
    for (int axis = 0; axis < extents.length; axis++) {
      extents[axis] = window.outputExtent(axis, extents[axis]);
    }
    return Shape.of(index(input.extent(0), channels, extents));
  }

  public static NaiveArray convolve(NaiveArray x, NaiveArray weight, Window window, int groups) {
    NaiveArray result = NaiveArray.zeros(outputShape(x.shape(), weight.shape().extent(0), window));
    forEachProduct(
        x.shape(),
        weight.shape(),
        window,
        groups,
        (input, kernel, output) -> result.accumulate(x.at(input) * weight.at(kernel), output));
    return result;
  }

  public static NaiveArray convolveInputGradient(
      NaiveArray gradient, NaiveArray weight, Shape inputShape, Window window, int groups) {
    NaiveArray result = NaiveArray.zeros(inputShape);
    forEachProduct(
        inputShape,
        weight.shape(),
        window,
        groups,
        (input, kernel, output) ->
            result.accumulate(gradient.at(output) * weight.at(kernel), input));
    return result;
  }

  public static NaiveArray convolveWeightGradient(
      NaiveArray x, NaiveArray gradient, Shape weightShape, Window window, int groups) {
    NaiveArray result = NaiveArray.zeros(weightShape);
    forEachProduct(
        x.shape(),
        weightShape,
        window,
        groups,
        (input, kernel, output) -> result.accumulate(x.at(input) * gradient.at(output), kernel));
    return result;
  }

  /** Takes the indices of an input, a weight and an output that a convolution multiplies. */
  @FunctionalInterface
  private interface Term {
    void at(int[] input, int[] weight, int[] output);
  }

  private static void forEachProduct(
      Shape input, Shape weight, Window window, int groups, Term term) {
    int outputsPerGroup = weight.extent(0) / groups;
    int inputsPerGroup = weight.extent(1);
    for (int n = 0; n < input.extent(0); n++) {
      for (int o = 0; o < weight.extent(0); o++) {
        for (int c = 0; c < inputsPerGroup; c++) {
          int sample = n;
          int output = o;
          int channel = c;
          int source = o / outputsPerGroup * inputsPerGroup + c;
          slide(
              input,
              window,
              (place, kernel, position) ->
                  term.at(
                      index(sample, source, place),
                      index(output, channel, kernel),
                      index(sample, output, position)));
        }
      }
    }
  }

  public static NaiveArray unfold(NaiveArray x, Window window) {
    NaiveArray result = NaiveArray.zeros(columnsShape(x.shape(), window));
    forEachColumnElement(x.shape(), window, (input, column) -> result.set(x.at(input), column));
    return result;
  }

  public static NaiveArray fold(NaiveArray columns, Shape inputShape, Window window) {
    NaiveArray result = NaiveArray.zeros(inputShape);
    forEachColumnElement(
        inputShape, window, (input, column) -> result.accumulate(columns.at(column), input));
    return result;
  }

  static Shape columnsShape(Shape input, Window window) {
    Shape output = outputShape(input, input.extent(1), window);
    return Shape.of(
        input.extent(0), input.extent(1) * window.kernelSize(), Shape.of(spatial(output)).size());
  }

  @FunctionalInterface
  private interface ColumnElement {
    void at(int[] input, int[] column);
  }

  private static void forEachColumnElement(Shape input, Window window, ColumnElement element) {
    NaiveArray kernels = NaiveArray.zeros(Shape.of(window.kernel()));
    NaiveArray outputs = NaiveArray.zeros(Shape.of(spatial(outputShape(input, 1, window))));
    for (int n = 0; n < input.extent(0); n++) {
      for (int c = 0; c < input.extent(1); c++) {
        int sample = n;
        int channel = c;
        slide(
            input,
            window,
            (place, kernel, position) ->
                element.at(
                    index(sample, channel, place),
                    new int[] {
                      sample,
                      channel * window.kernelSize() + kernels.flat(kernel),
                      outputs.flat(position)
                    }));
      }
    }
  }

  /** The flat position of the first NaN of each window, or else of its first maximum. */
  public static int[] maxPoolPositions(NaiveArray x, Window window) {
    Shape output = outputShape(x.shape(), x.shape().extent(1), window);
    int[] positions = new int[output.size()];
    Arrays.fill(positions, -1);
    NaiveArray layout = NaiveArray.zeros(output);
    for (int n = 0; n < output.extent(0); n++) {
      for (int c = 0; c < output.extent(1); c++) {
        int sample = n;
        int channel = c;
        slide(
            x.shape(),
            window,
            (place, kernel, position) -> {
              int slot = layout.flat(index(sample, channel, position));
              int candidate = x.flat(index(sample, channel, place));
              if (positions[slot] < 0 || wins(x.values()[candidate], x.values()[positions[slot]])) {
                positions[slot] = candidate;
              }
            });
      }
    }
    return positions;
  }

  private static boolean wins(double candidate, double best) {
    return !Double.isNaN(best) && (Double.isNaN(candidate) || candidate > best);
  }
}
