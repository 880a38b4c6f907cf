package org.samplegrad.job.distributed;

import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.samplegrad.datasets.BadRow;
import org.samplegrad.datasets.BlockDelivery;

/**
 * Adds up the totals of all partitions in the partitions' order, so that the result has the same
 * bits whichever task finished first, and however the totals travel.
 */
interface TotalsReduction {
  /** What the totals of all partitions may take on the driver at once, in bytes. */
  long MOST_COLLECTED = 16L << 20;

  /** What is done with one partition. */
  @FunctionalInterface
  interface PartitionWork extends Serializable {
    PartitionTotals totals(Iterator<BlockDelivery> deliveries);
  }

  /**
   * The sum over all partitions.
   *
   * @param badRow the first bad row in the order of the partitions, or null; the arrays are
   *     incomplete if there is one
   */
  record Sum(List<double[]> arrays, BadRow badRow) {}

  /** Runs the work on all partitions and adds their totals. */
  Sum over(JavaRDD<BlockDelivery> deliveries, PartitionWork work);

  /**
   * Small totals come to the driver with the tasks' results, which saves the stage and the files of
   * a shuffle; large ones, or those of many partitions, are added up on the executors first.
   *
   * @param lengths of the arrays of totals, none of them empty
   */
  static TotalsReduction of(List<Integer> lengths, int partitions) {
    long bytes = lengths.stream().mapToLong(length -> (long) length * Double.BYTES).sum();
    return bytes * partitions <= MOST_COLLECTED
        ? new CollectedReduction(lengths)
        : new SlicedReduction(lengths, SlicedReduction.SLICE_ELEMENTS);
  }
}
