package org.samplegrad.datasets.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.core.passes.Block;
import org.samplegrad.datasets.BlockDelivery;
import org.samplegrad.datasets.RowPolicy;
import org.samplegrad.datasets.SampleFormat;
import org.samplegrad.datasets.sources.Mnist;

class SourceBlocksTest extends SparkSuite {
  private static final SampleFormat FORMAT =
      new SampleFormat(Shape.of(1, 28, 28), new TargetSpec.ClassIndex(10), Precision.FLOAT32);

  @ParameterizedTest
  @CsvSource({"1, 10", "3, 100", "7, 5", "64, 32"})
  void everySampleIsInOneBlock(int partitions, int limit) {
    BlockOptions options = new BlockOptions(3, partitions, limit, RowPolicy.FAIL);
    SourceBlocks blocks = SourceBlocks.of(jsc(), Mnist.testSet(), "digits", FORMAT, options);
    assertThat(blocks.deliveries().getNumPartitions()).isEqualTo(partitions);
    int samples =
        blocks.deliveries().collect().stream()
            .map(BlockDelivery::block)
            .filter(Objects::nonNull)
            .mapToInt(Block::samples)
            .sum();
    assertThat(samples).isEqualTo(limit);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 10, 4, 1", // Spark needs one
    "3, 10, 4, 3",
    "4, 10, 4, 4",
    "5119, 10, 4, 4", // a second one for each core is worth its start from 64 blocks each on
    "5120, 10, 4, 8",
    "1000000000000, 1024, 512, 1024"
  })
  void everyCoreHasTheSameNumberOfPartitions(long count, int blockSize, int cores, int expected) {
    assertThat(SourceBlocks.partitions(count, blockSize, cores)).isEqualTo(expected);
  }
}
