package org.samplegrad.core.backend;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A sliding window over one to three spatial axes, as convolutions and pools use it. Padding lies
 * before and after the image along each axis; a last window that does not fit is dropped, or kept
 * if the window rounds up (PyTorch's {@code ceil_mode}).
 */
public final class Window implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int MOST_AXES = 3;

  /** What lies outside of the image in {@link #sources}. */
  public static final int OUTSIDE = -1;

  private record Axis(int kernel, int stride, int paddingBefore, int paddingAfter, int dilation)
      implements Serializable {}

  private final ArrayList<Axis> axes;
  private final boolean roundsUp;

  private Window(ArrayList<Axis> axes, boolean roundsUp) {
    this.axes = axes;
    this.roundsUp = roundsUp;
  }

  /**
   * @param roundsUp whether a last window that reaches beyond the padded image is kept
   * @throws IllegalArgumentException if there are not one to three axes, the arrays differ in
   *     length, kernel, stride or dilation is below 1, or padding below 0
   */
  public static Window of(
      int[] kernel,
      int[] stride,
      int[] paddingBefore,
      int[] paddingAfter,
      int[] dilation,
      boolean roundsUp) {
    if (kernel.length < 1 || kernel.length > MOST_AXES) {
      throw new IllegalArgumentException(
          "A window has 1 to %d axes; found the kernel %s"
              .formatted(MOST_AXES, Arrays.toString(kernel)));
    }
    requireAtLeast(1, "kernel", kernel, kernel.length);
    requireAtLeast(1, "stride", stride, kernel.length);
    requireAtLeast(0, "padding", paddingBefore, kernel.length);
    requireAtLeast(0, "padding", paddingAfter, kernel.length);
    requireAtLeast(1, "dilation", dilation, kernel.length);
    ArrayList<Axis> axes = new ArrayList<>();
    for (int a = 0; a < kernel.length; a++) {
      axes.add(new Axis(kernel[a], stride[a], paddingBefore[a], paddingAfter[a], dilation[a]));
    }
    Shape.of(kernel);
    return new Window(axes, roundsUp);
  }

  private static void requireAtLeast(int least, String what, int[] found, int axes) {
    if (found.length != axes || Arrays.stream(found).anyMatch(number -> number < least)) {
      throw new IllegalArgumentException(
          "The %s must be at least %d along each of %d axes; found %s"
              .formatted(what, least, axes, Arrays.toString(found)));
    }
  }

  /** A window that moves by one, without padding or dilation. */
  public static Window ofKernel(int... kernel) {
    int[] ones = filled(kernel.length, 1);
    int[] zeros = new int[kernel.length];
    return of(kernel, ones, zeros, zeros, ones, false);
  }

  private static int[] filled(int length, int number) {
    int[] array = new int[length];
    Arrays.fill(array, number);
    return array;
  }

  /**
   * @param stride one for each axis, or one for all
   */
  public Window withStride(int... stride) {
    return of(kernel(), each(stride), paddingBefore(), paddingAfter(), dilation(), roundsUp);
  }

  /**
   * The same padding before and after the image.
   *
   * @param padding one for each axis, or one for all
   */
  public Window withPadding(int... padding) {
    return withPadding(padding, padding);
  }

  public Window withPadding(int[] before, int[] after) {
    return of(kernel(), stride(), each(before), each(after), dilation(), roundsUp);
  }

  /**
   * @param dilation one for each axis, or one for all
   */
  public Window withDilation(int... dilation) {
    return of(kernel(), stride(), paddingBefore(), paddingAfter(), each(dilation), roundsUp);
  }

  public Window roundingUp(boolean roundsUp) {
    return new Window(axes, roundsUp);
  }

  private int[] each(int[] numbers) {
    return numbers.length == 1 ? filled(axes(), numbers[0]) : numbers;
  }

  /** The number of spatial axes. */
  public int axes() {
    return axes.size();
  }

  public int kernel(int axis) {
    return axes.get(axis).kernel();
  }

  public int stride(int axis) {
    return axes.get(axis).stride();
  }

  public int paddingBefore(int axis) {
    return axes.get(axis).paddingBefore();
  }

  public int paddingAfter(int axis) {
    return axes.get(axis).paddingAfter();
  }

  public int dilation(int axis) {
    return axes.get(axis).dilation();
  }

  public boolean roundsUp() {
    return roundsUp;
  }

  public int[] kernel() {
    return axes.stream().mapToInt(Axis::kernel).toArray();
  }

  private int[] stride() {
    return axes.stream().mapToInt(Axis::stride).toArray();
  }

  private int[] paddingBefore() {
    return axes.stream().mapToInt(Axis::paddingBefore).toArray();
  }

  private int[] paddingAfter() {
    return axes.stream().mapToInt(Axis::paddingAfter).toArray();
  }

  private int[] dilation() {
    return axes.stream().mapToInt(Axis::dilation).toArray();
  }

  /** The elements one window covers in one channel. */
  public int kernelSize() {
    return Shape.of(kernel()).size();
  }

  /**
   * The number of positions along an axis, {@code floor((extent + before + after - d(k - 1) - 1) /
   * s) + 1}, or with the quotient rounded up but without a last window that would start beyond the
   * image and the padding before it.
   */
  public int outputExtent(int axis, int extent) {
    Axis a = axes.get(axis);
    long padded = (long) extent + a.paddingBefore + a.paddingAfter;
    long room = padded - (long) a.dilation * (a.kernel - 1) - 1;
    long positions = Math.floorDiv(roundsUp ? room + a.stride - 1 : room, (long) a.stride) + 1;
    if (roundsUp && (positions - 1) * a.stride >= (long) extent + a.paddingBefore) {
      positions--;
    }
    if (positions > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "A padding of %d makes more positions than an array can hold"
              .formatted(Math.max(a.paddingBefore, a.paddingAfter)));
    }
    return (int) Math.max(0, positions);
  }

  /** The number of positions along each axis. */
  public int[] outputExtents(int... extents) {
    return IntStream.range(0, axes()).map(a -> outputExtent(a, extents[a])).toArray();
  }

  /** The extent of an axis with the padding before it, and behind it as far as windows reach. */
  public long paddedExtent(int axis, int extent) {
    Axis a = axes.get(axis);
    long last = (outputExtent(axis, extent) - 1L) * a.stride;
    return Math.max((long) a.paddingBefore + extent, last + (a.kernel - 1L) * a.dilation + 1);
  }

  /** Elements of a channel whose axes have their {@link #paddedExtent}, at most a long's. */
  public long paddedSize(int... extents) {
    long size = 1;
    for (int axis = 0; axis < axes(); axis++) {
      long extent = paddedExtent(axis, extents[axis]);
      boolean fits = size == 0 || extent <= Long.MAX_VALUE / size;
      size = fits ? size * extent : Long.MAX_VALUE;
    }
    return size;
  }

  /** Whether every window takes in at least one element of the image. */
  public boolean coversInput(int... extents) {
    return IntStream.range(0, axes()).allMatch(axis -> covers(axis, extents[axis]));
  }

  private boolean covers(int axis, int extent) {
    Axis a = axes.get(axis);
    for (int p = 0; p < outputExtent(axis, extent); p++) {
      long first = (long) p * a.stride - a.paddingBefore;
      long skipped = first >= 0 ? 0 : (-first + a.dilation - 1) / a.dilation;
      if (skipped >= a.kernel || first + skipped * a.dilation >= extent) {
        return false;
      }
    }
    return true;
  }

  /**
   * Where each element of each window lies in one channel of an image, {@code [kernelSize, p]}
   * row-major, {@link #OUTSIDE} for what lies in the padding or beyond.
   */
  public int[] sources(int... extents) {
    int[] sources = {0};
    for (int axis = 0; axis < axes(); axis++) {
      sources = withAxis(sources, axis, extents);
    }
    return sources;
  }

  /** {@code [k, p] -> [k * kernel, p * output]} with one more axis. */
  private int[] withAxis(int[] sources, int axis, int[] extents) {
    Axis a = axes.get(axis);
    int extent = extents[axis];
    int outputs = outputExtent(axis, extent);
    int kernels = 1;
    for (int before = 0; before < axis; before++) {
      kernels *= kernel(before);
    }
    int positions = sources.length / kernels;
    int[] result = new int[Shape.of(sources.length, a.kernel, outputs).size()];
    int next = 0;
    for (int k = 0; k < kernels; k++) {
      for (int offset = 0; offset < a.kernel; offset++) {
        for (int p = 0; p < positions; p++) {
          int outer = sources[k * positions + p];
          for (int output = 0; output < outputs; output++) {
            long inner = (long) output * a.stride + (long) offset * a.dilation - a.paddingBefore;
            boolean inside = outer != OUTSIDE && inner >= 0 && inner < extent;
            result[next++] = inside ? outer * extent + (int) inner : OUTSIDE;
          }
        }
      }
    }
    return result;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Window window
        && roundsUp == window.roundsUp
        && axes.equals(window.axes);
  }

  @Override
  public int hashCode() {
    return axes.hashCode() * 2 + (roundsUp ? 1 : 0);
  }

  @Override
  public String toString() {
    return "Window[kernel=%s, stride=%s, padding=%s%s, dilation=%s%s]"
        .formatted(
            Arrays.toString(kernel()),
            Arrays.toString(stride()),
            Arrays.toString(paddingBefore()),
            Arrays.equals(paddingBefore(), paddingAfter())
                ? ""
                : " and " + Arrays.toString(paddingAfter()),
            Arrays.toString(dilation()),
            roundsUp ? ", rounding up" : "");
  }

  /** The extents of the kernel as a message names them, {@code 3 x 2}. */
  public String kernelText() {
    List<String> extents = Arrays.stream(kernel()).mapToObj(Integer::toString).toList();
    return String.join(" x ", extents);
  }
}
