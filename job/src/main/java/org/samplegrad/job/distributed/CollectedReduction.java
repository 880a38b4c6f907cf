package org.samplegrad.job.distributed;

import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.samplegrad.datasets.BadRow;
import org.samplegrad.datasets.BlockDelivery;

/** The totals travel as the tasks' results, and the driver adds them. */
record CollectedReduction(List<Integer> lengths) implements TotalsReduction {
  @Override
  public Sum over(JavaRDD<BlockDelivery> deliveries, PartitionWork work) {
    List<PartitionTotals> collected =
        deliveries.mapPartitions(d -> List.of(work.totals(d)).iterator(), true).collect();
    List<double[]> sum = null;
    BadRow badRow = null;
    for (PartitionTotals totals : collected) {
      badRow = badRow == null ? totals.badRow() : badRow;
      if (sum == null) {
        sum = totals.arrays();
      } else if (totals.arrays() != null) {
        add(totals.arrays(), sum);
      }
    }
    return new Sum(sum != null ? sum : lengths.stream().map(double[]::new).toList(), badRow);
  }

  private static void add(List<double[]> arrays, List<double[]> into) {
    for (int a = 0; a < arrays.size(); a++) {
      double[] from = arrays.get(a);
      double[] sum = into.get(a);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += from[i];
      }
    }
  }
}
