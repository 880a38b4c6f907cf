package org.samplegrad.job.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.passes.Block;
import org.samplegrad.core.passes.PrecisionComparison;
import org.samplegrad.datasets.BlockDelivery;
import org.samplegrad.datasets.spark.SparkSuite;

class SampledRowsTest extends SparkSuite {
  /** So large that only few rows are compared as a whole. */
  private static final long LARGE = 1 << 22;

  private static final int PARTITION = 1000;

  /** Rows whose target is their number; those of partition p begin at 1000 p. */
  private static Block block(int from, int rows) {
    double[] numbers = IntStream.range(from, from + rows).asDoubleStream().toArray();
    return Block.of(rows, Shape.of(1), new double[rows], numbers);
  }

  /** Partitions of a delivery without rows, one of so many rows, and one of five more. */
  private JavaRDD<BlockDelivery> partitions(int partitions, int rows) {
    List<BlockDelivery> deliveries = new ArrayList<>();
    for (int p = 0; p < partitions; p++) {
      deliveries.add(new BlockDelivery(null, 1, null));
      deliveries.add(new BlockDelivery(block(PARTITION * p, rows), 0, null));
      deliveries.add(new BlockDelivery(block(PARTITION * p + rows, 5), 0, null));
    }
    return jsc().parallelize(deliveries, partitions);
  }

  /** Nothing is known of the largest gradients. */
  private static PrecisionComparison.Samples samples(
      JavaRDD<BlockDelivery> deliveries, long count, long elementsPerRow) {
    return SampledRows.of(deliveries, count, elementsPerRow, () -> null);
  }

  private static int[] rows(Block block) {
    return Arrays.stream(block.targets().values()).mapToInt(number -> (int) number).toArray();
  }

  private static List<int[]> units(PrecisionComparison.Samples samples) {
    return samples.units().stream().map(SampledRowsTest::rows).toList();
  }

  @Test
  void fewRowsAreAllCompared() {
    PrecisionComparison.Samples samples = samples(partitions(3, 10), 64, LARGE);
    assertThat(samples.areAll()).isTrue();
    assertThat(units(samples).stream().flatMapToInt(Arrays::stream).toArray())
        .containsExactly(
            IntStream.range(0, 3)
                .flatMap(p -> IntStream.range(PARTITION * p, PARTITION * p + 15))
                .toArray());
    assertThat(samples(partitions(3, 10), 65, LARGE).areAll()).isFalse();
  }

  @Test
  void soAreRowsOfFewElements() {
    assertThat(samples(partitions(1, 10), 1024, LARGE / 1024).areAll()).isTrue();
    assertThat(samples(partitions(1, 10), 1025, LARGE / 1024).areAll()).isFalse();
  }

  /** 16 rows at the least, 64 at most, and one in 1,024 between. */
  @Test
  void aUnitIsAQuarterOfTheRows() {
    assertRowsOfUnits(65, 4);
    assertRowsOfUnits(1024 * 32, 8);
    assertRowsOfUnits(1_000_000, 16);
  }

  private void assertRowsOfUnits(long count, int perUnit) {
    PrecisionComparison.Samples samples = samples(partitions(6, 100), count, LARGE);
    assertThat(samples.areAll()).isFalse();
    List<int[]> units = units(samples);
    assertThat(units).hasSize(4).allSatisfy(unit -> assertThat(unit).hasSize(perUnit));
    for (int[] unit : units) { // of the first block of one partition, in order
      int first = unit[0] / PARTITION * PARTITION;
      assertThat(unit).isSorted().doesNotHaveDuplicates();
      assertThat(unit[perUnit - 1]).isLessThan(first + 100);
    }
    assertThat(units.stream().mapToInt(unit -> unit[0] / PARTITION).toArray())
        .isSorted()
        .doesNotHaveDuplicates();
  }

  @Test
  void theSameRowsAreDrawnInEveryRun() {
    List<int[]> once = units(samples(partitions(6, 100), 65, LARGE));
    List<int[]> again = units(samples(partitions(6, 100), 65, LARGE));
    assertThat(once).usingRecursiveComparison().isEqualTo(again);
    // Not the first ones: a data set may be sorted.
    assertThat(once.get(0)[3] % PARTITION).isGreaterThan(3);
  }

  @Test
  void fewPartitionsGiveSeveralUnitsEach() {
    List<int[]> ofOne = units(samples(partitions(1, 100), 65, LARGE));
    assertThat(ofOne).hasSize(4).allSatisfy(unit -> assertThat(unit).hasSize(4));
    assertThat(ofOne.stream().flatMapToInt(Arrays::stream).toArray())
        .isSorted()
        .doesNotHaveDuplicates();
    List<int[]> ofTwo = units(samples(partitions(2, 100), 65, LARGE));
    assertThat(ofTwo.stream().mapToInt(unit -> unit[0] / PARTITION)).containsExactly(0, 0, 1, 1);
  }

  @Test
  void aBlockOfFewRowsGivesWhatItHas() {
    assertThat(units(samples(partitions(1, 6), 65, LARGE)))
        .usingRecursiveComparison()
        .isEqualTo(List.of(new int[] {0, 1, 2, 3}, new int[] {4, 5}));
  }

  @Test
  void partitionsWithoutRowsGiveNothing() {
    JavaRDD<BlockDelivery> none = jsc().parallelize(List.of(new BlockDelivery(null, 7, null)), 2);
    assertThat(samples(none, 65, LARGE).units()).isEmpty();
    assertThat(samples(none, 64, LARGE).units()).isEmpty();
  }
}
