package org.samplegrad.core.backend;

import java.util.Arrays;

/** An immutable array of positions into the flattened elements of a tensor. */
public final class Indices {
  private final Shape shape;
  private final int[] positions;

  /**
   * @throws IllegalArgumentException if there are not as many positions as {@code shape} has
   *     elements
   */
  public Indices(Shape shape, int[] positions) {
    if (shape.size() != positions.length) {
      throw new IllegalArgumentException(
          positions.length + " positions do not fill the shape " + shape);
    }
    this.shape = shape;
    this.positions = positions.clone();
  }

  public Shape shape() {
    return shape;
  }

  public int position(int index) {
    return positions[index];
  }

  public int size() {
    return positions.length;
  }

  @Override
  public String toString() {
    return "Indices"
        + shape
        + Arrays.toString(Arrays.copyOf(positions, Math.min(positions.length, 8)));
  }
}
