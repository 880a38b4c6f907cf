package org.samplegrad.core.backend.cpu.elementwise;

import java.util.Arrays;
import org.samplegrad.core.backend.Shape;

/** Writes out an array of one shape as an array of a shape that it broadcasts to. */
final class Broadcasting {
  private final int rank;

  /** Distances between neighbours along each axis of the result; 0 in {@code from} if repeated. */
  private final int[] fromStrides;

  private final int[] toStrides;
  private final int[] extents;

  /** From this axis on, the result is a copy. */
  private final int copied;

  /** From this axis on, the result is one number. */
  private final int filled;

  Broadcasting(Shape from, Shape to) {
    rank = to.rank();
    extents = to.extents();
    fromStrides = new int[rank];
    toStrides = new int[rank];
    int fromStride = 1;
    int toStride = 1;
    int equalFrom = rank;
    int singleFrom = rank;
    for (int axis = rank - 1; axis >= 0; axis--) {
      int own = axis - rank + from.rank() < 0 ? 1 : from.extent(axis - rank + from.rank());
      toStrides[axis] = toStride;
      fromStrides[axis] = own == 1 ? 0 : fromStride;
      if (own == extents[axis] && equalFrom == axis + 1) {
        equalFrom = axis;
      }
      if (own == 1 && singleFrom == axis + 1) {
        singleFrom = axis;
      }
      fromStride *= own;
      toStride *= extents[axis];
    }
    copied = equalFrom;
    filled = singleFrom;
  }

  /**
   * The length of the rows of {@code x} that each meet one number of {@code numbers}, where the
   * numbers go round as the rows follow each other; 0 if they do not.
   */
  static int rowLength(Shape x, Shape numbers) {
    if (numbers.size() == 1 && numbers.rank() <= x.rank()) {
      return x.size();
    }
    int axis = numbers.rank();
    while (axis > 0 && numbers.extent(axis - 1) == 1) {
      axis--;
    }
    int row = 1;
    for (int last = 1; last <= numbers.rank() - axis; last++) {
      row *= last <= x.rank() ? x.extent(-last) : 0;
    }
    for (int i = 0; i < axis; i++) {
      int own = i - numbers.rank() + x.rank();
      if (own < 0 || numbers.extent(i) != x.extent(own)) {
        return 0;
      }
    }
    return row;
  }

  void copy(float[] from, float[] to) {
    if (rank == 0 || toStrides[0] * extents[0] > 0) {
      copy(0, from, 0, to, 0);
    }
  }

  private void copy(int axis, float[] from, int first, float[] to, int target) {
    int size = axis == rank ? 1 : toStrides[axis] * extents[axis];
    if (axis >= copied) {
      System.arraycopy(from, first, to, target, size);
    } else if (axis >= filled) {
      Arrays.fill(to, target, target + size, from[first]);
    } else if (fromStrides[axis] == 0) {
      int done = toStrides[axis];
      copy(axis + 1, from, first, to, target);
      while (done < size) {
        int more = Math.min(done, size - done);
        System.arraycopy(to, target, to, target + done, more);
        done += more;
      }
    } else {
      for (int i = 0; i < extents[axis]; i++) {
        copy(axis + 1, from, first + i * fromStrides[axis], to, target + i * toStrides[axis]);
      }
    }
  }
}
