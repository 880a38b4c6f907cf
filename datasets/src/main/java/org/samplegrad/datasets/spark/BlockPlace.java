package org.samplegrad.datasets.spark;

import java.io.Serializable;
import java.util.Comparator;

/** Where a delivery stands in its source: the source's partition, and its number there. */
record BlockPlace(int partition, int number) implements Comparable<BlockPlace>, Serializable {
  private static final Comparator<BlockPlace> ORDER =
      Comparator.comparingInt(BlockPlace::partition).thenComparingInt(BlockPlace::number);

  @Override
  public int compareTo(BlockPlace other) {
    return ORDER.compare(this, other);
  }
}
