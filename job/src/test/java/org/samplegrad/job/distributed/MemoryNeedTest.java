package org.samplegrad.job.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.losses.MeanSquaredError;
import org.samplegrad.core.models.Sequential;
import org.samplegrad.core.moments.VarianceDetail;
import org.samplegrad.core.passes.Objective;
import org.samplegrad.job.failures.WrongUsageException;

class MemoryNeedTest {
  private static final long MEGABYTE = 1L << 20;

  /** 16 Mi elements: 128 MB in float64. */
  private static final Objective LARGE =
      new Objective(
          new Sequential(Shape.of(4096), List.of(new Linear(4096, 4096, false))),
          new MeanSquaredError());

  private static Heaps local(long megabytes, int tasks) {
    return new Heaps(true, megabytes * MEGABYTE, 0, tasks, 0.6);
  }

  private static Heaps cluster(long driver, long executor, int tasks) {
    return new Heaps(false, driver * MEGABYTE, executor * MEGABYTE, tasks, 0.6);
  }

  private static MemoryNeed need(VarianceDetail detail, Precision precision) {
    return MemoryNeed.of(LARGE, detail, precision);
  }

  /** 96 MB, and in units of 128 MB: two of parameters, and what the comments say. */
  @ParameterizedTest
  @CsvSource({
    "ELEMENTS, FLOAT32, 1, 1312", // statistics 2, cotangents 3; task: tensors 3/2, sums 1
    "ELEMENTS, FLOAT32, 2, 1632",
    "ELEMENTS, FLOAT64, 1, 1120", // moments 2, statistics 2, cotangents 2
    "ELEMENTS, FLOAT64, 4, 1504", // statistics 2, cotangents 3; tasks: sums 1
    "ELEMENTS, FLOAT64, 8, 2400", // tasks of the first pass: sums 2
    "PARAMETERS, FLOAT32, 1, 1056",
  })
  void fitsFromThatOn(VarianceDetail detail, Precision precision, int tasks, long megabytes) {
    MemoryNeed need = need(detail, precision);
    assertThatCode(() -> need.requireFits(local(megabytes, tasks), 10)).doesNotThrowAnyException();
    assertThatThrownBy(() -> need.requireFits(local(megabytes - 1, tasks), 10))
        .isInstanceOf(WrongUsageException.class)
        .hasMessageContainingAll(
            "16,777,216 parameters",
            String.format("%,d MB of heap", megabytes),
            String.format("has %,d MB", megabytes - 1),
            "with %d task".formatted(tasks),
            "SAMPLEGRAD_DRIVER_MEMORY");
  }

  @Test
  void partitionsBoundTheTasks() {
    MemoryNeed need = need(VarianceDetail.ELEMENTS, Precision.FLOAT32);
    need.requireFits(local(1312, 16), 1);
    assertThatThrownBy(() -> need.requireFits(local(1312, 16), 2))
        .hasMessageContainingAll("2 tasks", "local[1]");
  }

  @Test
  void onAClusterEitherMayLackMemory() {
    MemoryNeed need = need(VarianceDetail.ELEMENTS, Precision.FLOAT32);
    need.requireFits(cluster(1120, 928, 1), 10);
    assertThatThrownBy(() -> need.requireFits(cluster(1119, 928, 1), 10))
        .hasMessageContainingAll("the driver needs", "--driver-memory");
    assertThatThrownBy(() -> need.requireFits(cluster(1120, 927, 1), 10))
        .hasMessageContainingAll("an executor", "--executor-memory");
  }

  /** Sums of both moments in each task of the first pass. */
  @Test
  void anExecutorOfManyTasksNeedsMostInTheFirstPass() {
    MemoryNeed need = need(VarianceDetail.ELEMENTS, Precision.FLOAT64);
    need.requireFits(cluster(1120, 1376, 4), 10);
    assertThatThrownBy(() -> need.requireFits(cluster(1120, 1375, 4), 10))
        .hasMessageContaining("an executor, with 4 tasks");
  }

  @Test
  void blocksStayInMemoryWhereThereIsRoom() {
    MemoryNeed need = need(VarianceDetail.ELEMENTS, Precision.FLOAT32);
    assertThat(need.leavesRoomForBlocks(local(1500, 1), 1)).isFalse();
    assertThat(need.leavesRoomForBlocks(local(3000, 1), 1)).isTrue();
  }

  /** Half of what Spark leaves, beside 1312 MB of a task or 928 MB of an executor's. */
  @Test
  void blocksStayInMemoryFromThatOn() {
    MemoryNeed need = need(VarianceDetail.ELEMENTS, Precision.FLOAT32);
    assertThat(need.leavesRoomForBlocks(halfForBlocks(true, 2324, 0), 1)).isTrue();
    assertThat(need.leavesRoomForBlocks(halfForBlocks(true, 2323, 0), 1)).isFalse();
    assertThat(need.leavesRoomForBlocks(halfForBlocks(false, 0, 1556), 1)).isTrue();
    assertThat(need.leavesRoomForBlocks(halfForBlocks(false, 0, 1555), 1)).isFalse();
  }

  private static Heaps halfForBlocks(boolean local, long driver, long executor) {
    return new Heaps(local, driver * MEGABYTE, executor * MEGABYTE, 1, 0.5);
  }

  /** 1120 MB for the functional and ten arrays, and blocks only where they share the heap. */
  @Test
  void precisionsAreComparedFromThatOn() {
    MemoryNeed need = need(VarianceDetail.ELEMENTS, Precision.FLOAT32);
    assertThat(need.leavesRoomForComparison(halfForBlocks(true, 2400, 0), false)).isTrue();
    assertThat(need.leavesRoomForComparison(halfForBlocks(true, 2399, 0), false)).isFalse();
    assertThat(need.leavesRoomForComparison(halfForBlocks(true, 4500, 0), true)).isTrue();
    assertThat(need.leavesRoomForComparison(halfForBlocks(true, 4499, 0), true)).isFalse();
    assertThat(need.leavesRoomForComparison(halfForBlocks(false, 2400, 9000), true)).isTrue();
    assertThat(need.leavesRoomForComparison(halfForBlocks(false, 2399, 9000), true)).isFalse();
  }

  @Test
  void aFirstLookTakesOneTask() {
    SparkConf conf = new SparkConf(false).set("spark.master", "local[64]");
    long elements = Runtime.getRuntime().maxMemory() / Double.BYTES;
    MemoryNeed tooLarge = new MemoryNeed(elements, Double.BYTES * elements, 0, 0);
    assertThatThrownBy(() -> tooLarge.requireFits(conf)).hasMessageContaining("1 task at");
    long fewer = elements / 8; // one task takes four times these
    new MemoryNeed(fewer, Double.BYTES * fewer, 0, 0).requireFits(conf);
  }

  @Test
  void sparkKeepsNoBlocksInWhatItLeavesAlone() {
    assertThat(halfForBlocks(true, 200, 0).ofBlocks()).isZero();
    assertThat(halfForBlocks(true, 302, 0).ofBlocks()).isEqualTo(MEGABYTE);
    assertThat(new Heaps(true, 0, 0, 0, 0.5).tasks(0)).isEqualTo(1);
  }

  @Test
  void readsTheConfigurationOfSpark() {
    SparkConf conf = new SparkConf(false);
    assertThat(Heaps.of(conf.set("spark.master", "local")).tasks(9)).isEqualTo(1);
    assertThat(Heaps.of(conf.set("spark.master", "local[3]")).tasks(9)).isEqualTo(3);
    assertThat(Heaps.of(conf.set("spark.master", "local[3, 2]")).tasks(2)).isEqualTo(2);
    assertThat(Heaps.of(conf.set("spark.master", "local[*]")).mostTasks())
        .isEqualTo(Runtime.getRuntime().availableProcessors());
    assertThat(Heaps.of(conf).driver()).isEqualTo(Runtime.getRuntime().maxMemory());
    conf.set("spark.master", "yarn").set("spark.executor.memory", "3g");
    conf.set("spark.executor.cores", "4").set("spark.task.cpus", "2");
    Heaps heaps = Heaps.of(conf);
    assertThat(heaps.local()).isFalse();
    assertThat(heaps.ofTasks()).isEqualTo(3L << 30);
    assertThat(heaps.tasks(9)).isEqualTo(2);
    assertThat(heaps.shareOfBlocks()).isEqualTo(0.6);
    assertThat(Heaps.of(conf.set("spark.task.cpus", "8")).mostTasks()).isEqualTo(1);
  }
}
