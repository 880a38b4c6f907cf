package org.samplegrad.job.distributed;

import java.io.Serializable;
import java.util.Comparator;
import org.samplegrad.datasets.BadRow;

/**
 * A piece of the totals on its way to the driver.
 *
 * @param values a stretch of one of the arrays
 * @param badRow in the first slice only: the first bad row among the partitions merged so far
 */
record Slice(double[] values, BadRow badRow) implements Serializable {

  /**
   * Orders slices so that equal pieces of all partitions meet, in the order of the partitions.
   *
   * @param slice the position of the piece in the totals
   */
  record Key(int slice, int partition) implements Comparable<Key>, Serializable {
    private static final Comparator<Key> ORDER =
        Comparator.comparingInt(Key::slice).thenComparingInt(Key::partition);

    @Override
    public int compareTo(Key other) {
      return ORDER.compare(this, other);
    }
  }

  /** Adds the same piece of a later partition, in place. */
  Slice merge(Slice later) {
    for (int i = 0; i < values.length; i++) {
      values[i] += later.values[i];
    }
    return badRow != null || later.badRow == null ? this : new Slice(values, later.badRow);
  }
}
