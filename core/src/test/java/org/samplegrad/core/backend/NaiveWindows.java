package org.samplegrad.core.backend;

import java.util.Arrays;
import java.util.stream.IntStream;

/** What slides a window over images, as plain loops over every sample, channel and position. */
public final class NaiveWindows {
  private NaiveWindows() {}

  /**
   * The elements of all windows in one channel, except those in the padding: row-major, by window
   * and in it by element.
   *
   * @param pixels where in the channel each lies
   * @param kernels which element of its window it is
   * @param positions of its window
   */
  private record Elements(int[] pixels, int[] kernels, int[] positions) {
    int count() {
      return pixels.length;
    }

    static Elements of(int[] extents, Window window) {
      NaiveArray image = NaiveArray.zeros(Shape.of(extents));
      Shape kernels = Shape.of(window.kernel());
      Shape outputs = Shape.of(outputExtents(extents, window));
      int[][] found = new int[3][outputs.size() * kernels.size()];
      int count = 0;
      for (int p = 0; p < outputs.size(); p++) {
        int[] output = NaiveArray.index(outputs, p);
        for (int k = 0; k < kernels.size(); k++) {
          int[] kernel = NaiveArray.index(kernels, k);
          int[] pixel = new int[extents.length];
          boolean inside = true;
          for (int axis = 0; axis < extents.length; axis++) {
            pixel[axis] =
                output[axis] * window.stride(axis)
                    + kernel[axis] * window.dilation(axis)
                    - window.paddingBefore(axis);
            inside &= pixel[axis] >= 0 && pixel[axis] < extents[axis];
          }
          if (inside) {
            found[0][count] = image.flat(pixel);
            found[1][count] = k;
            found[2][count] = p;
            count++;
          }
        }
      }
      return new Elements(
          Arrays.copyOf(found[0], count),
          Arrays.copyOf(found[1], count),
          Arrays.copyOf(found[2], count));
    }
  }

  private static int[] spatial(Shape images) {
    return Arrays.copyOfRange(images.extents(), 2, images.rank());
  }

  private static int[] outputExtents(int[] extents, Window window) {
    int[] outputs = new int[extents.length];
    for (int axis = 0; axis < extents.length; axis++) {
      outputs[axis] = window.outputExtent(axis, extents[axis]);
    }
    return outputs;
  }

  static Shape outputShape(Shape input, int channels, Window window) {
    int[] extents = outputExtents(spatial(input), window);
    return Shape.of(
        IntStream.concat(IntStream.of(input.extent(0), channels), Arrays.stream(extents))
            .toArray());
  }

  public static NaiveArray convolve(NaiveArray x, NaiveArray weight, Window window, int groups) {
    NaiveArray result = NaiveArray.zeros(outputShape(x.shape(), weight.shape().extent(0), window));
    forEachProduct(
        x.shape(),
        weight.shape(),
        window,
        groups,
        (input, kernel, output) ->
            result.values()[output] += x.values()[input] * weight.values()[kernel]);
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
            result.values()[input] += gradient.values()[output] * weight.values()[kernel]);
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
        (input, kernel, output) ->
            result.values()[kernel] += x.values()[input] * gradient.values()[output]);
    return result;
  }

  /** Takes the flat indices of an input, a weight and an output that a convolution multiplies. */
  @FunctionalInterface
  private interface Term {
    void at(int input, int weight, int output);
  }

  private static void forEachProduct(
      Shape input, Shape weight, Window window, int groups, Term term) {
    int[] extents = spatial(input);
    Elements elements = Elements.of(extents, window);
    int channelSize = Shape.of(extents).size();
    int positions = Shape.of(outputExtents(extents, window)).size();
    int kernelSize = window.kernelSize();
    int outputs = weight.extent(0);
    int inputsPerGroup = weight.extent(1);
    for (int n = 0; n < input.extent(0); n++) {
      for (int o = 0; o < outputs; o++) {
        for (int c = 0; c < inputsPerGroup; c++) {
          int source = o / (outputs / groups) * inputsPerGroup + c;
          int pixel = (n * input.extent(1) + source) * channelSize;
          int kernel = (o * inputsPerGroup + c) * kernelSize;
          int position = (n * outputs + o) * positions;
          for (int e = 0; e < elements.count(); e++) {
            term.at(
                pixel + elements.pixels[e],
                kernel + elements.kernels[e],
                position + elements.positions[e]);
          }
        }
      }
    }
  }

  public static NaiveArray unfold(NaiveArray x, Window window) {
    NaiveArray result = NaiveArray.zeros(columnsShape(x.shape(), window));
    forEachColumnElement(
        x.shape(), window, (input, column) -> result.values()[column] = x.values()[input]);
    return result;
  }

  public static NaiveArray fold(NaiveArray columns, Shape inputShape, Window window) {
    NaiveArray result = NaiveArray.zeros(inputShape);
    forEachColumnElement(
        inputShape, window, (input, column) -> result.values()[input] += columns.values()[column]);
    return result;
  }

  static Shape columnsShape(Shape input, Window window) {
    Shape output = outputShape(input, input.extent(1), window);
    return Shape.of(
        input.extent(0), input.extent(1) * window.kernelSize(), Shape.of(spatial(output)).size());
  }

  @FunctionalInterface
  private interface ColumnElement {
    void at(int input, int column);
  }

  private static void forEachColumnElement(Shape input, Window window, ColumnElement element) {
    int[] extents = spatial(input);
    Elements elements = Elements.of(extents, window);
    int channelSize = Shape.of(extents).size();
    int positions = Shape.of(outputExtents(extents, window)).size();
    for (int channel = 0; channel < input.extent(0) * input.extent(1); channel++) {
      for (int e = 0; e < elements.count(); e++) {
        int row = channel * window.kernelSize() + elements.kernels[e];
        element.at(
            channel * channelSize + elements.pixels[e], row * positions + elements.positions[e]);
      }
    }
  }

  /** The flat position of the first NaN of each window, or else of its first maximum. */
  public static int[] maxPoolPositions(NaiveArray x, Window window) {
    int[] extents = spatial(x.shape());
    Elements elements = Elements.of(extents, window);
    int channelSize = Shape.of(extents).size();
    int windows = Shape.of(outputExtents(extents, window)).size();
    int[] found = new int[x.shape().extent(0) * x.shape().extent(1) * windows];
    Arrays.fill(found, -1);
    for (int channel = 0; channel < x.shape().extent(0) * x.shape().extent(1); channel++) {
      for (int e = 0; e < elements.count(); e++) {
        int slot = channel * windows + elements.positions[e];
        int candidate = channel * channelSize + elements.pixels[e];
        if (found[slot] < 0 || wins(x.values()[candidate], x.values()[found[slot]])) {
          found[slot] = candidate;
        }
      }
    }
    return found;
  }

  private static boolean wins(double candidate, double best) {
    return !Double.isNaN(best) && (Double.isNaN(candidate) || candidate > best);
  }
}
