package org.samplegrad.job.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.util.SizeEstimator;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.passes.Block;
import org.samplegrad.datasets.BlockDelivery;

class StoredDeliveryTest {
  private static final int SAMPLES = 100;
  private static final Shape IMAGE = Shape.of(1, 28, 28);

  /** What Spark finds out about the objects by itself must be what they say. */
  @Test
  void sparkIsToldTheSizeOfABlock() {
    byte[] bytes = new byte[SAMPLES * IMAGE.size()];
    Block block = Block.of(SAMPLES, IMAGE, bytes, new float[256], new double[SAMPLES]);
    long told = SizeEstimator.estimate(new StoredDelivery(new BlockDelivery(block, 0, null)));
    assertThat(told).isBetween((long) bytes.length, SizeEstimator.estimate(block) + 1024);
  }

  @Test
  void aDeliveryWithoutBlockIsSmall() {
    assertThat(SizeEstimator.estimate(new StoredDelivery(new BlockDelivery(null, 3, null))))
        .isBetween(1L, 1024L);
  }
}
