package org.samplegrad.core.backend.cpu.convolution;

import java.util.function.Supplier;
import org.samplegrad.core.backend.KeptResults;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Deferred;
import org.samplegrad.core.backend.cpu.pooling.Poolable;
import org.samplegrad.core.backend.cpu.pooling.Pooling;

/**
 * A convolution that is computed when its elements are asked for. A max pool asks for the largest
 * of them only: it takes each sample's while the cache holds them, and the array of all is never
 * made. Where the results are known from an evaluation before, nothing is computed.
 */
final class DeferredConvolution implements Deferred.ToArray, Poolable {
  /** Channels that are larger have positions that no {@code char} holds. */
  private static final int LARGEST_KEPT_CHANNEL = Character.MAX_VALUE + 1;

  private final ConvolutionGroup group;
  private final DirectWay way;
  private final Supplier<KeptResults.Sequence> results;
  private final CpuTensor x;
  private final CpuTensor weight;
  private final int groups;

  /** {@code [n,o,...]}. */
  private final Shape shape;

  /**
   * @param results of the evaluation that goes on when elements are asked for
   * @param shape of the result
   */
  DeferredConvolution(
      ConvolutionGroup group,
      DirectWay way,
      Supplier<KeptResults.Sequence> results,
      CpuTensor x,
      CpuTensor weight,
      Shape shape) {
    this.group = group;
    this.way = way;
    this.results = results;
    this.x = x;
    this.weight = weight;
    this.groups = group.groups();
    this.shape = shape;
  }

  /** What is done with one group of a sample. */
  @FunctionalInterface
  private interface Step {
    void run(DirectConvolution convolution, int block);
  }

  private int blockSize() {
    return shape.dropFirst().size() / groups;
  }

  private void forEachBlock(Step step) {
    try (DirectConvolution convolution = way.begin(group)) {
      for (int number = 0; number < groups; number++) {
        convolution.arrange(weight.array(), number);
        for (int n = 0; n < shape.extent(0); n++) {
          step.run(convolution, n * groups + number);
        }
      }
    }
  }

  @Override
  public void write(float[] y) {
    KeptResults.Sequence sequence = results.get();
    boolean keeps = KeptResults.suits(weight.shape().dropFirst().size());
    KeptResults.Kept known = keeps ? sequence.next(shape.size()) : null;
    if (known != null) {
      System.arraycopy(known.elements(), 0, y, 0, shape.size());
      return;
    }
    compute(y);
    if (keeps) {
      sequence.keep(y, shape.size());
    }
  }

  private void compute(float[] y) {
    float[] images = x.array();
    int size = blockSize();
    forEachBlock((convolution, block) -> convolution.forward(images, block, y, block * size));
  }

  @Override
  public void pool(Pooling pooling, float[] values, int[] positions) {
    KeptResults.Sequence sequence = results.get();
    // A maximum stands for the sums of its window.
    long sums = pooling.channelSize() / pooling.windows();
    boolean keeps =
        KeptResults.suits(sums * weight.shape().dropFirst().size())
            && pooling.channelSize() <= LARGEST_KEPT_CHANNEL;
    KeptResults.Kept known = keeps ? sequence.next(positions.length) : null;
    if (known != null) {
      System.arraycopy(known.elements(), 0, values, 0, positions.length);
      pooling.positions(known.argmax(), positions);
      return;
    }
    compute(pooling, values, positions);
    if (keeps && sequence.isKeeping()) {
      sequence.keep(values, positions.length, pooling.inChannels(positions));
    }
  }

  private void compute(Pooling pooling, float[] values, int[] positions) {
    float[] images = x.array();
    int size = blockSize();
    int pooledSize = size / pooling.channelSize() * pooling.windows();
    float[] y = group.memory().takeArray(size);
    forEachBlock(
        (convolution, block) -> {
          convolution.forward(images, block, y, 0);
          int target = block * pooledSize;
          pooling.pool(y, size, block * size, values, positions, target);
        });
    group.memory().giveBack(y);
  }
}
