package org.samplegrad.core.layers;

import java.util.Arrays;
import org.samplegrad.core.backend.Shape;

/** Axes of one sample as layers are given them: negative ones count from the last. */
final class Axes {
  private Axes() {}

  /**
   * The axis counted from the first.
   *
   * @throws IllegalArgumentException if the shape has no such axis
   */
  static int of(Shape shape, int axis) {
    int position = axis < 0 ? axis + shape.rank() : axis;
    if (position < 0 || position >= shape.rank()) {
      throw new IllegalArgumentException(
          "There is no axis %d in an input of shape %s".formatted(axis, shape));
    }
    return position;
  }

  /**
   * @throws IllegalArgumentException if the shape lacks one of them, or one is named twice
   */
  static int[] of(Shape shape, int... axes) {
    int[] positions = Arrays.stream(axes).map(axis -> of(shape, axis)).toArray();
    if (Arrays.stream(positions).distinct().count() < positions.length) {
      throw new IllegalArgumentException(
          "The axes %s of an input of shape %s are not distinct"
              .formatted(Arrays.toString(axes), shape));
    }
    return positions;
  }
}
