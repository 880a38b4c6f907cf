package org.samplegrad.core.backend;

import java.util.Arrays;

/** An immutable array of positions into the flattened elements of a tensor. */
public final class Indices {
  private final Shape shape;
  private final int[] positions;
  private final int smallest;
  private final int largest;

  /**
   * @throws IllegalArgumentException if there are not as many positions as {@code shape} has
   *     elements
   */
  public Indices(Shape shape, int[] positions) {
    this(
        shape,
        positions.clone(),
        Arrays.stream(positions).min().orElse(0),
        Arrays.stream(positions).max().orElse(0));
  }

  private Indices(Shape shape, int[] positions, int smallest, int largest) {
    if (shape.size() != positions.length) {
      throw new IllegalArgumentException(
          positions.length + " positions do not fill the shape " + shape);
    }
    this.shape = shape;
    this.positions = positions;
    this.smallest = smallest;
    this.largest = largest;
  }

  /**
   * Takes the array over, for a backend that knows that its positions are among the first {@code
   * size} elements.
   */
  public static Indices owning(Shape shape, int[] positions, int size) {
    return new Indices(shape, positions, 0, size - 1);
  }

  /** Whether every position is one of the first {@code size}. */
  boolean fit(int size) {
    return positions.length == 0 || (smallest >= 0 && largest < size);
  }

  /** A position that is none of the first {@code size}, for messages. */
  int misfit() {
    return smallest < 0 ? smallest : largest;
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
