package org.samplegrad.job.distributed;

import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.samplegrad.datasets.BlockDelivery;

/** The totals travel as the tasks' results, and the driver adds them. */
record CollectedReduction(List<Integer> lengths) implements TotalsReduction {
  @Override
  public Sum over(JavaRDD<BlockDelivery> deliveries, PartitionWork work) {
    List<PartitionTotals> collected =
        deliveries.mapPartitions(d -> List.of(work.totals(d)).iterator(), true).collect();
    OrderedSum sum = new OrderedSum(lengths);
    for (int partition = 0; partition < collected.size(); partition++) {
      sum.add(partition, collected.get(partition));
    }
    return sum.sum();
  }
}
