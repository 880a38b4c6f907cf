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

  /** The same where they are the tasks' own arrays: a quarter of the heap. */
  long MOST_SHARED = Runtime.getRuntime().maxMemory() / 4;

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

  /** How the totals of a pass come to the driver. */
  @FunctionalInterface
  interface Choice {
    /**
     * @param lengths of the arrays of totals, none of them empty
     */
    TotalsReduction of(List<Integer> lengths, JavaRDD<BlockDelivery> deliveries);
  }

  /**
   * Tasks in the driver's own process leave their totals where they are; others send small ones as
   * their results, which saves the stage and the files of a shuffle. Large ones, or those of many
   * partitions, are added up by tasks first.
   */
  static TotalsReduction of(List<Integer> lengths, JavaRDD<BlockDelivery> deliveries) {
    return of(lengths, deliveries.getNumPartitions(), deliveries.context().isLocal());
  }

  /**
   * @param local whether tasks run in the driver's process
   */
  static TotalsReduction of(List<Integer> lengths, int partitions, boolean local) {
    long bytes = lengths.stream().mapToLong(length -> (long) length * Double.BYTES).sum();
    if (bytes * partitions > (local ? MOST_SHARED : MOST_COLLECTED)) {
      return new SlicedReduction(lengths, SlicedReduction.SLICE_ELEMENTS);
    }
    return local ? new SharedReduction(lengths) : new CollectedReduction(lengths);
  }
}
