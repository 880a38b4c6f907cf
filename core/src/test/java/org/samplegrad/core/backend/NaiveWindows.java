package org.samplegrad.core.backend;

import java.util.Arrays;

/** What slides a window over images, as plain loops over every sample, channel and position. */
public final class NaiveWindows {
  private NaiveWindows() {}

  /** Takes the element of an image under one element of one window; never one of the padding. */
  @FunctionalInterface
  private interface Visitor {
    void visit(
        int row, int column, int kernelRow, int kernelColumn, int outputRow, int outputColumn);
  }

  private static void slide(int height, int width, Window window, Visitor visitor) {
    for (int i = 0; i < window.outputHeight(height); i++) {
      for (int j = 0; j < window.outputWidth(width); j++) {
        for (int k = 0; k < window.kernelHeight(); k++) {
          for (int l = 0; l < window.kernelWidth(); l++) {
            int row =
                i * window.strideHeight() + k * window.dilationHeight() - window.paddingHeight();
            int column =
                j * window.strideWidth() + l * window.dilationWidth() - window.paddingWidth();
            if (row >= 0 && row < height && column >= 0 && column < width) {
              visitor.visit(row, column, k, l, i, j);
            }
          }
        }
      }
    }
  }

  static Shape outputShape(Shape input, int channels, Window window) {
    return Shape.of(
        input.extent(0),
        channels,
        window.outputHeight(input.extent(2)),
        window.outputWidth(input.extent(3)));
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
              input.extent(2),
              input.extent(3),
              window,
              (row, column, k, l, i, j) ->
                  term.at(
                      new int[] {sample, source, row, column},
                      new int[] {output, channel, k, l},
                      new int[] {sample, output, i, j}));
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
        input.extent(0),
        input.extent(1) * window.kernelSize(),
        output.extent(2) * output.extent(3));
  }

  @FunctionalInterface
  private interface ColumnElement {
    void at(int[] input, int[] column);
  }

  private static void forEachColumnElement(Shape input, Window window, ColumnElement element) {
    int outputWidth = window.outputWidth(input.extent(3));
    for (int n = 0; n < input.extent(0); n++) {
      for (int c = 0; c < input.extent(1); c++) {
        int sample = n;
        int channel = c;
        slide(
            input.extent(2),
            input.extent(3),
            window,
            (row, column, k, l, i, j) ->
                element.at(
                    new int[] {sample, channel, row, column},
                    new int[] {
                      sample,
                      channel * window.kernelSize() + k * window.kernelWidth() + l,
                      i * outputWidth + j
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
            x.shape().extent(2),
            x.shape().extent(3),
            window,
            (row, column, k, l, i, j) -> {
              int slot = layout.flat(sample, channel, i, j);
              int candidate = x.flat(sample, channel, row, column);
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
