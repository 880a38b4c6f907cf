package org.samplegrad.job.distributed;

import java.util.Locale;
import org.apache.spark.SparkConf;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.moments.VarianceDetail;
import org.samplegrad.core.passes.Objective;
import org.samplegrad.job.failures.WrongUsageException;

/**
 * The least memory that both passes take, from the number D of parameter elements: what cannot fit
 * is refused before the first pass. It counts the arrays of D numbers that are in use at once, and
 * nothing that can be written to disk; a run needs somewhat more.
 *
 * @param elements D
 * @param array bytes of one float64 array of all elements, as of the parameters
 * @param moments bytes of both moments, or of the mean and the variance, or of both cotangents
 * @param tensor bytes of the elements in the precision of the passes, if in the heap
 */
public record MemoryNeed(long elements, long array, long moments, long tensor) {
  /** The classes and tables of Spark and of the program. */
  private static final long PROGRAM = 96L << 20;

  /** Of a gradient in both precisions, cotangents, and the differences of some blocks. */
  private static final int ARRAYS_COMPARED = 10;

  public static MemoryNeed of(Objective objective, VarianceDetail detail, Precision precision) {
    long elements = objective.model().parameters().size();
    long array = Double.BYTES * elements;
    return new MemoryNeed(
        elements,
        array,
        detail == VarianceDetail.ELEMENTS ? 2 * array : array,
        // In float64 tensors lie outside of the heap.
        precision == Precision.FLOAT32 ? Float.BYTES * elements : 0);
  }

  /** The parameters, and the gradient's sum over a block. */
  private long momentsTask() {
    return 2 * tensor + moments;
  }

  /** The same and the cotangents of the first moment. */
  private long pullBackTask() {
    return 3 * tensor + array;
  }

  /** Spark keeps what it broadcasts twice, as an object and in pieces. */
  private long parameters() {
    return 2 * array;
  }

  /** The parameters, with the moments, their statistics and the cotangents of both. */
  private long functional() {
    return parameters() + 3 * moments;
  }

  /**
   * The driver in the pull-back, without the gradient that comes from it: statistics, cotangents,
   * and the pieces of those that are not the same number everywhere.
   */
  private long duringPullBack() {
    return parameters() + 2 * moments + array;
  }

  private long inOneProcess(int tasks) {
    return PROGRAM
        + Math.max(
            functional(),
            Math.max(
                parameters() + tasks * momentsTask(), duringPullBack() + tasks * pullBackTask()));
  }

  private long ofDriver() {
    return PROGRAM + Math.max(functional(), duringPullBack() + array);
  }

  private long ofExecutor(int tasks) {
    return PROGRAM
        + parameters()
        + Math.max(tasks * momentsTask(), 2 * array + tasks * pullBackTask());
  }

  private long ofTasks(Heaps heaps, int tasks) {
    return heaps.local() ? inOneProcess(tasks) : ofExecutor(tasks);
  }

  /**
   * Compares it with what there is.
   *
   * @param partitions of the data set; 1 if they are not known yet
   * @throws WrongUsageException if it does not fit
   */
  void requireFits(Heaps heaps, int partitions) {
    int tasks = heaps.tasks(partitions);
    String together = "%d task%s at a time".formatted(tasks, tasks == 1 ? "" : "s");
    if (heaps.local()) {
      requireFits(
          "the program, with " + together + ",",
          inOneProcess(tasks),
          heaps.driver(),
          "Set SAMPLEGRAD_DRIVER_MEMORY (spark-submit: --driver-memory) to more"
              + (tasks == 1 ? "" : ", or run fewer tasks by SAMPLEGRAD_MASTER=local[1]"));
    } else {
      requireFits(
          "the driver",
          ofDriver(),
          heaps.driver(),
          "Give it more by spark-submit's --driver-memory");
      requireFits(
          "an executor, with " + together + ",",
          ofExecutor(tasks),
          heaps.executor(),
          "Give it more by spark-submit's --executor-memory");
    }
  }

  private void requireFits(String process, long needed, long there, String remedy) {
    if (there < needed) {
      throw new WrongUsageException(
          String.format(
              Locale.ROOT,
              "The memory does not suffice: for %,d parameters %s needs more than %,d MB of heap and"
                  + " has %,d MB. %s",
              elements,
              process,
              needed >> 20,
              there >> 20,
              remedy));
    }
  }

  /** Whether there is room beside it for all blocks that Spark may keep in memory. */
  boolean leavesRoomForBlocks(Heaps heaps, int partitions) {
    return ofTasks(heaps, heaps.tasks(partitions)) + heaps.ofBlocks() <= heaps.ofTasks();
  }

  /**
   * Whether precisions can be compared on the driver between the passes.
   *
   * @param blocksInMemory whether Spark may keep blocks there, which it does not give back
   */
  boolean leavesRoomForComparison(Heaps heaps, boolean blocksInMemory) {
    long blocks = heaps.local() && blocksInMemory ? heaps.ofBlocks() : 0;
    long compared = ARRAYS_COMPARED * array;
    return PROGRAM + functional() + compared + blocks <= heaps.driver();
  }

  /**
   * A first look, before there is a data set.
   *
   * @throws WrongUsageException if not even one task fits
   */
  public void requireFits(SparkConf conf) {
    requireFits(Heaps.of(conf), 1);
  }
}
