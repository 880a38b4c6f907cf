package org.samplegrad.job.distributed;

import java.io.Serializable;
import java.util.List;
import org.samplegrad.datasets.BadRow;

/**
 * What one partition adds to the totals.
 *
 * @param arrays to be added elementwise to those of the other partitions; null if it had no samples
 * @param badRow the row that ended its reading, or null
 */
record PartitionTotals(List<double[]> arrays, BadRow badRow) implements Serializable {
  static final PartitionTotals NONE = new PartitionTotals(null, null);
}
