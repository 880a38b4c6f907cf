package org.samplegrad.job.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.datasets.BadRow;
import org.samplegrad.datasets.BlockDelivery;
import org.samplegrad.datasets.spark.SparkSuite;

class TotalsReductionTest extends SparkSuite {
  private static final List<Integer> LENGTHS = List.of(3, 10, 1);

  /** One delivery per partition; its count of skipped rows says which partition it is. */
  private JavaRDD<BlockDelivery> partitions(int count) {
    List<BlockDelivery> deliveries = new ArrayList<>();
    for (int p = 0; p < count; p++) {
      deliveries.add(new BlockDelivery(null, p, null));
    }
    return jsc().parallelize(deliveries, count);
  }

  /** Numbers of very different size, whose sum depends on the order of adding. */
  private static List<double[]> arrays(long partition) {
    Random random = new Random(partition);
    List<double[]> arrays = LENGTHS.stream().map(double[]::new).toList();
    for (double[] array : arrays) {
      for (int i = 0; i < array.length; i++) {
        array[i] = random.nextGaussian() * Math.pow(10, random.nextInt(20) - 10);
      }
    }
    return arrays;
  }

  static Stream<TotalsReduction> reductions() {
    return Stream.concat(
        Stream.of(new SharedReduction(LENGTHS), new CollectedReduction(LENGTHS)),
        IntStream.of(1, 3, 4, 100).mapToObj(elements -> new SlicedReduction(LENGTHS, elements)));
  }

  @ParameterizedTest
  @MethodSource("reductions")
  void addsInTheOrderOfThePartitions(TotalsReduction reduction) {
    for (int partitions : new int[] {1, 2, 7, 64}) {
      TotalsReduction.Sum sum =
          reduction.over(
              partitions(partitions),
              deliveries -> new PartitionTotals(arrays(deliveries.next().skippedRows()), null));
      List<double[]> expected = LENGTHS.stream().map(double[]::new).toList();
      for (int p = 0; p < partitions; p++) {
        for (int a = 0; a < LENGTHS.size(); a++) {
          for (int i = 0; i < LENGTHS.get(a); i++) {
            expected.get(a)[i] += arrays(p).get(a)[i];
          }
        }
      }
      for (int a = 0; a < LENGTHS.size(); a++) {
        assertThat(sum.arrays().get(a)).containsExactly(expected.get(a));
      }
      assertThat(sum.badRow()).isNull();
    }
  }

  @ParameterizedTest
  @MethodSource("reductions")
  void partitionsWithoutSamplesAddNothing(TotalsReduction reduction) {
    TotalsReduction.Sum sum =
        reduction.over(
            partitions(5),
            deliveries ->
                deliveries.next().skippedRows() == 3
                    ? new PartitionTotals(arrays(3), null)
                    : PartitionTotals.NONE);
    assertThat(sum.arrays().get(1)).containsExactly(arrays(3).get(1));
  }

  @ParameterizedTest
  @MethodSource("reductions")
  void noPartitionAtAllIsZero(TotalsReduction reduction) {
    JavaRDD<BlockDelivery> none = jsc().emptyRDD();
    TotalsReduction.Sum sum = reduction.over(none, d -> PartitionTotals.NONE);
    assertThat(sum.arrays().get(1)).containsOnly(0).hasSize(LENGTHS.get(1));
  }

  @ParameterizedTest
  @MethodSource("reductions")
  void theFirstBadRowIsReported(TotalsReduction reduction) {
    TotalsReduction.Sum sum =
        reduction.over(
            partitions(9),
            deliveries -> {
              int partition = (int) deliveries.next().skippedRows();
              return partition == 4 || partition == 7
                  ? new PartitionTotals(null, new BadRow(partition, 2, null, "label", "is null"))
                  : new PartitionTotals(arrays(partition), null);
            });
    assertThat(sum.badRow()).isEqualTo(new BadRow(4, 2, null, "label", "is null"));
  }

  @Test
  void whatTheDriverHoldsAtOnceIsBounded() {
    int elements = (int) (TotalsReduction.MOST_COLLECTED / Double.BYTES / 64);
    assertThat(chosen(64, false, elements)).isInstanceOf(CollectedReduction.class);
    assertThat(chosen(65, false, elements)).isInstanceOf(SlicedReduction.class);
    assertThat(chosen(64, false, elements, 1)).isInstanceOf(SlicedReduction.class);
    int atHome = (int) (TotalsReduction.MOST_SHARED / Double.BYTES / 64);
    assertThat(chosen(64, true, atHome)).isInstanceOf(SharedReduction.class);
    assertThat(chosen(65, true, atHome)).isInstanceOf(SlicedReduction.class);
  }

  private static TotalsReduction chosen(int partitions, boolean local, Integer... lengths) {
    return TotalsReduction.of(List.of(lengths), partitions, local);
  }

  @Test
  void tasksOfThisProcessShareTheirTotals() {
    assertThat(TotalsReduction.of(LENGTHS, partitions(2))).isInstanceOf(SharedReduction.class);
  }

  @ParameterizedTest
  @MethodSource("reductions")
  void aFailedJobKeepsNothing(TotalsReduction reduction) {
    assertThatThrownBy(
            () ->
                reduction.over(
                    partitions(4),
                    deliveries -> {
                      long partition = deliveries.next().skippedRows();
                      if (partition == 2) {
                        throw new IllegalStateException("this one fails");
                      }
                      return new PartitionTotals(arrays(partition), null);
                    }))
        .hasStackTraceContaining("this one fails");
    assertThat(SharedReduction.jobsWithSums()).isZero();
  }

  @Test
  void aFinishedJobKeepsNothing() {
    new SharedReduction(LENGTHS)
        .over(partitions(2), d -> new PartitionTotals(arrays(d.next().skippedRows()), null));
    assertThat(SharedReduction.jobsWithSums()).isZero();
  }

  @Test
  void totalsThatComeTwiceCountOnce() {
    OrderedSum sum = new OrderedSum(LENGTHS);
    for (int partition : new int[] {2, 1, 2, 0, 1, 0, 3, 3}) {
      sum.add(partition, new PartitionTotals(arrays(partition), null));
    }
    OrderedSum expected = new OrderedSum(LENGTHS);
    for (int partition = 0; partition < 4; partition++) {
      expected.add(partition, new PartitionTotals(arrays(partition), null));
    }
    assertThat(sum.sum().arrays().get(1)).containsExactly(expected.sum().arrays().get(1));
  }

  @Test
  void sumsOfNothingAreZeroAndKeepTheFirstBadRow() {
    BadRow first = new BadRow(1, 2, null, "label", "is null");
    OrderedSum sum = new OrderedSum(LENGTHS);
    sum.add(0, PartitionTotals.NONE);
    sum.add(1, new PartitionTotals(null, first));
    sum.add(2, new PartitionTotals(null, new BadRow(2, 0, null, "label", "is null")));
    assertThat(sum.sum().badRow()).isEqualTo(first);
    assertThat(sum.sum().arrays().get(1)).containsOnly(0).hasSize(LENGTHS.get(1));
    sum.add(4, new PartitionTotals(arrays(4), null)); // waits for the one before
    assertThat(sum.sum().arrays().get(1)).containsOnly(0);
    sum.add(3, PartitionTotals.NONE);
    assertThat(sum.sum().arrays().get(1)).containsExactly(arrays(4).get(1));
  }

  @Test
  void aSliceKeepsTheEarlierBadRow() {
    BadRow early = new BadRow(1, 2, null, "label", "is null");
    BadRow late = new BadRow(2, 0, null, "label", "is null");
    Slice without = new Slice(new double[] {1, 2}, null);
    Slice merged = without.merge(new Slice(new double[] {10, 20}, late));
    assertThat(merged.values()).containsExactly(11, 22);
    assertThat(merged.badRow()).isEqualTo(late);
    assertThat(new Slice(new double[1], early).merge(new Slice(new double[1], late)).badRow())
        .isEqualTo(early);
    assertThat(without.merge(new Slice(new double[2], null)).badRow()).isNull();
  }

  @Test
  void keysSortBySliceThenPartition() {
    List<Slice.Key> sorted =
        List.of(
            new Slice.Key(0, 1), new Slice.Key(0, 12), new Slice.Key(2, 0), new Slice.Key(10, 0));
    List<Slice.Key> keys = new ArrayList<>(sorted);
    Collections.reverse(keys);
    Collections.sort(keys);
    assertThat(keys).isEqualTo(sorted);
  }
}
