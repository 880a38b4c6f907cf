package org.samplegrad.core.backend;

import java.io.Serializable;
import java.util.Arrays;

/** The extents of a dense, row-major array; the empty shape is a scalar's. */
public final class Shape implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final Shape SCALAR = new Shape(new int[0]);

  private final int[] extents;
  private final int size;

  private Shape(int[] extents) {
    this.extents = extents;
    int elements = 1;
    for (int extent : extents) {
      elements *= extent;
    }
    this.size = elements;
  }

  /**
   * @throws IllegalArgumentException if an extent is negative, or the element count exceeds what a
   *     Java array can hold
   */
  public static Shape of(int... extents) {
    long size = 1;
    for (int extent : extents) {
      if (extent < 0) {
        throw new IllegalArgumentException("Negative extent in shape " + Arrays.toString(extents));
      }
      size *= extent;
      if (size > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "Shape " + Arrays.toString(extents) + " has more elements than an array can hold");
      }
    }
    return new Shape(extents.clone());
  }

  public static Shape scalar() {
    return SCALAR;
  }

  public int rank() {
    return extents.length;
  }

  /** The extent of an axis; negative axes count from the last, as in NumPy. */
  public int extent(int axis) {
    return extents[axis < 0 ? axis + extents.length : axis];
  }

  public int[] extents() {
    return extents.clone();
  }

  /** The number of elements; 1 for a scalar. */
  public int size() {
    return size;
  }

  /** This shape with a leading axis of the given extent: {@code [i] -> [n, i]}. */
  public Shape prepend(int extent) {
    int[] longer = new int[extents.length + 1];
    longer[0] = extent;
    System.arraycopy(extents, 0, longer, 1, extents.length);
    return of(longer);
  }

  /** This shape without its first axis: {@code [n, i] -> [i]}. */
  public Shape dropFirst() {
    return new Shape(Arrays.copyOfRange(extents, 1, extents.length));
  }

  /**
   * The NumPy broadcast of two shapes.
   *
   * @throws IllegalArgumentException if they do not broadcast
   */
  public static Shape broadcast(Shape a, Shape b) {
    int rank = Math.max(a.rank(), b.rank());
    int[] result = new int[rank];
    for (int axis = 1; axis <= rank; axis++) {
      int left = axis <= a.rank() ? a.extent(-axis) : 1;
      int right = axis <= b.rank() ? b.extent(-axis) : 1;
      if (left != right && left != 1 && right != 1) {
        throw new IllegalArgumentException("Shapes " + a + " and " + b + " do not broadcast");
      }
      result[rank - axis] = left == 1 ? right : left;
    }
    return of(result);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(extents, shape.extents);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(extents);
  }

  @Override
  public String toString() {
    return Arrays.toString(extents);
  }
}
