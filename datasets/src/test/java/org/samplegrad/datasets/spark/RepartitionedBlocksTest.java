package org.samplegrad.datasets.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.core.passes.Block;
import org.samplegrad.datasets.BadRow;
import org.samplegrad.datasets.BlockDelivery;
import org.samplegrad.datasets.RowPolicy;
import org.samplegrad.datasets.SampleFormat;
import org.samplegrad.datasets.spark.RepartitionedBlocks.JoinedBlocks;

class RepartitionedBlocksTest extends SparkSuite {
  private static final SampleFormat FORMAT =
      new SampleFormat(Shape.of(1), new TargetSpec.Numbers(1), Precision.FLOAT64);

  private static BlockDelivery small(int samples, long skipped) {
    double[] numbers = new double[samples];
    return new BlockDelivery(
        samples == 0 ? null : Block.of(samples, Shape.of(1), numbers, numbers), skipped, null);
  }

  private static int samples(BlockDelivery delivery) {
    return delivery.block() == null ? 0 : delivery.block().samples();
  }

  /** Not more small blocks are taken at a time than fit, and one to see that it does not. */
  @Test
  void aTaskHoldsOneBlock() {
    int[] taken = {0};
    Iterator<BlockDelivery> small =
        IntStream.range(0, 1000)
            .mapToObj(
                i -> {
                  taken[0]++;
                  return small(16, 0);
                })
            .iterator();
    Iterator<BlockDelivery> blocks = new JoinedBlocks(small, 50);
    for (int b = 1; b <= 300; b++) {
      assertThat(samples(blocks.next())).isEqualTo(48);
      assertThat(taken[0]).isEqualTo(3 * b + 1);
    }
  }

  @Test
  void nothingIsLost() {
    BadRow bad = new BadRow(0, 0, null, "x", "is bad");
    Iterator<BlockDelivery> small =
        Arrays.asList(
                small(3, 1),
                small(2, 0),
                small(4, 2),
                small(0, 5),
                small(9, 0),
                small(1, 1),
                new BlockDelivery(null, 0, bad))
            .iterator();
    Iterator<BlockDelivery> blocks = new JoinedBlocks(small, 5);
    List<String> found = new ArrayList<>();
    while (blocks.hasNext()) {
      BlockDelivery delivery = blocks.next();
      found.add(
          delivery.badRow() != null ? "bad" : samples(delivery) + " and " + delivery.skippedRows());
    }
    assertThat(found).containsExactly("5 and 1", "4 and 7", "9 and 0", "bad");
    assertThatThrownBy(blocks::next).isInstanceOf(NoSuchElementException.class);
  }

  @ParameterizedTest
  @CsvSource({"1, 7", "2, 16", "5, 40", "3, 1000"})
  void everySampleIsInOneBlockOfTheSizeAskedFor(int partitions, int blockSize) {
    int rows = 300;
    Dataset<Row> table =
        session().range(0, rows, 1, 3).selectExpr("double(id) features", "double(id) label");
    BlockOptions options =
        new BlockOptions(blockSize, partitions, BlockOptions.ALL, RowPolicy.FAIL);
    TableBlocks blocks = TableBlocks.of(table, "t", "features", "label", FORMAT, options);
    assertThat(blocks.deliveries().getNumPartitions()).isEqualTo(partitions);
    List<BlockDelivery> first = blocks.deliveries().collect();
    assertThat(first).allMatch(delivery -> samples(delivery) <= blockSize);
    double[] labels =
        first.stream()
            .flatMapToDouble(delivery -> Arrays.stream(delivery.block().targets().values()))
            .toArray();
    assertThat(Arrays.stream(labels).sorted().toArray())
        .containsExactly(IntStream.range(0, rows).asDoubleStream().toArray());
    List<BlockDelivery> again =
        TableBlocks.of(table, "t", "features", "label", FORMAT, options).deliveries().collect();
    assertThat(again).usingRecursiveComparison().isEqualTo(first);
    List<Integer> perPartition =
        blocks.deliveries().mapPartitions(p -> List.of(count(p)).iterator()).collect();
    assertThat(perPartition).allMatch(count -> Math.abs(count - rows / partitions) <= 3 * 16);
  }

  private static int count(Iterator<BlockDelivery> deliveries) {
    int count = 0;
    while (deliveries.hasNext()) {
      count += samples(deliveries.next());
    }
    return count;
  }

  /** Blocks of bytes come out of the shuffle with lookup tables of their own, which are equal. */
  @Test
  void bytesAreJoined() {
    Dataset<Row> table =
        session().range(0, 100, 1, 4).selectExpr("X'07' features", "double(id) label");
    BlockOptions options = new BlockOptions(50, 2, BlockOptions.ALL, RowPolicy.FAIL);
    List<BlockDelivery> all =
        TableBlocks.of(table, "t", "features", "label", FORMAT, options).deliveries().collect();
    assertThat(all.stream().mapToInt(RepartitionedBlocksTest::samples).sum()).isEqualTo(100);
    assertThat(all.get(0).block().bytes()).isEqualTo(samples(all.get(0)) * (1L + Double.BYTES));
  }

  /** Which Spark asks in order not to shuffle twice. */
  @Test
  void partitionersOfEqualNumbersAreEqual() {
    Object two = new RepartitionedBlocks.RoundRobinPartitioner(2);
    assertThat(two)
        .isEqualTo(new RepartitionedBlocks.RoundRobinPartitioner(2))
        .hasSameHashCodeAs(new RepartitionedBlocks.RoundRobinPartitioner(2))
        .isNotEqualTo(new RepartitionedBlocks.RoundRobinPartitioner(3))
        .isNotEqualTo("2");
    assertThat(two.hashCode())
        .isNotEqualTo(new RepartitionedBlocks.RoundRobinPartitioner(3).hashCode());
  }
}
