package org.samplegrad.job.distributed;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.samplegrad.datasets.BlockDelivery;

/**
 * The tasks hand their totals to the driver as they are, without writing and reading them: only for
 * a driver whose tasks run in its own process.
 */
record SharedReduction(List<Integer> lengths) implements TotalsReduction {
  /** The sums of the jobs that run now. What a task gets is a copy, but for static fields. */
  private static final Map<UUID, OrderedSum> SUMS = new ConcurrentHashMap<>();

  /** Jobs whose sums take memory. */
  static int jobsWithSums() {
    return SUMS.size();
  }

  @Override
  public Sum over(JavaRDD<BlockDelivery> deliveries, PartitionWork work) {
    UUID job = UUID.randomUUID();
    OrderedSum sum = new OrderedSum(lengths);
    SUMS.put(job, sum);
    try {
      deliveries.foreachPartition(
          partition -> {
            PartitionTotals totals = work.totals(partition);
            OrderedSum open = SUMS.get(job);
            if (open != null) { // else the job has failed, and this task is what is left of it
              open.add(TaskContext.getPartitionId(), totals);
            }
          });
      return sum.sum();
    } finally {
      SUMS.remove(job);
    }
  }
}
