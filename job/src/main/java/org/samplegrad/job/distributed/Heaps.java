package org.samplegrad.job.distributed;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;

/**
 * The memory that the driver and the executors have, and how many tasks share it.
 *
 * @param local whether tasks run in the driver's process, so that there is one heap
 * @param driver bytes of its heap
 * @param executor bytes of an executor's heap
 * @param mostTasks that an executor, or the driver if local, runs at once; a lower bound where the
 *     cluster decides
 * @param shareOfBlocks the part that Spark may fill with blocks of what it leaves alone
 */
record Heaps(boolean local, long driver, long executor, int mostTasks, double shareOfBlocks) {
  private static final Pattern LOCAL = Pattern.compile("local(?:\\[(\\d+|\\*)(?:,\\s*\\d+)?])?");

  /** What Spark leaves to the program, before it takes its share of the rest. */
  private static final long LEFT_BY_SPARK = 300L << 20;

  static Heaps of(SparkConf conf) {
    Matcher local = LOCAL.matcher(conf.get("spark.master", "local"));
    boolean isLocal = local.matches();
    int cores = isLocal ? cores(local.group(1)) : conf.getInt("spark.executor.cores", 1);
    return new Heaps(
        isLocal,
        Runtime.getRuntime().maxMemory(),
        conf.getSizeAsBytes("spark.executor.memory", "1g"),
        Math.max(1, cores / Math.max(1, conf.getInt("spark.task.cpus", 1))),
        conf.getDouble("spark.memory.fraction", 0.6));
  }

  private static int cores(String number) {
    if (number == null) {
      return 1;
    }
    return number.equals("*")
        ? Runtime.getRuntime().availableProcessors()
        : Integer.parseInt(number);
  }

  int tasks(int partitions) {
    return Math.max(1, Math.min(partitions, mostTasks));
  }

  /** Of the process that runs tasks. */
  long ofTasks() {
    return local ? driver : executor;
  }

  /** What Spark may fill with blocks where tasks run. */
  long ofBlocks() {
    return (long) (shareOfBlocks * Math.max(0, ofTasks() - LEFT_BY_SPARK));
  }
}
