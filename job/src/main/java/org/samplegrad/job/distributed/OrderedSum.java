package org.samplegrad.job.distributed;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.samplegrad.datasets.BadRow;

/** Adds up the totals of partitions in the partitions' order, whichever of them comes first. */
final class OrderedSum {
  private final List<Integer> lengths;

  /** Of partitions that wait for earlier ones. */
  private final Map<Integer, PartitionTotals> waiting = new HashMap<>();

  /** Partitions added so far. */
  private int added;

  private List<double[]> arrays;
  private BadRow badRow;

  /**
   * @param lengths of the arrays of totals
   */
  OrderedSum(List<Integer> lengths) {
    this.lengths = lengths;
  }

  /**
   * Adds a partition as soon as all before it are there; what comes a second time, as from a
   * repeated task, is left.
   *
   * @param totals taken over: the arrays become part of the sum
   */
  synchronized void add(int partition, PartitionTotals totals) {
    if (partition < added) {
      return;
    }
    waiting.put(partition, totals);
    for (PartitionTotals next = waiting.remove(added); next != null; next = waiting.remove(added)) {
      added++;
      append(next);
    }
  }

  private void append(PartitionTotals next) {
    badRow = badRow == null ? next.badRow() : badRow;
    if (arrays == null) {
      arrays = next.arrays();
    } else if (next.arrays() != null) {
      for (int a = 0; a < arrays.size(); a++) {
        addTo(arrays.get(a), next.arrays().get(a));
      }
    }
  }

  private static void addTo(double[] sum, double[] values) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values[i];
    }
  }

  /** The sum of the partitions so far, each of which follows the one before. */
  synchronized TotalsReduction.Sum sum() {
    return new TotalsReduction.Sum(
        arrays != null ? arrays : lengths.stream().map(double[]::new).toList(), badRow);
  }
}
