package org.samplegrad.datasets.sources;

import java.util.SplittableRandom;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.datasets.BlockBuilder;
import org.samplegrad.datasets.IndexedSource;
import org.samplegrad.datasets.RowProblem;

/**
 * Standard-normal features, rounded to float32, with targets that the loss accepts. Each sample
 * depends on its position alone, so any partitioning gives the same samples.
 *
 * @param first the position of the first sample in the unbounded sequence
 */
public record SyntheticSamples(int features, TargetSpec target, long first, long count)
    implements IndexedSource {

  /**
   * An odd constant that spreads neighbouring positions over the seeds (2^64 over the golden
   * ratio).
   */
  private static final long SPREAD = 0x9e3779b97f4a7c15L;

  @Override
  public RowProblem read(long index, BlockBuilder into) {
    SplittableRandom random = new SplittableRandom((first + index) * SPREAD);
    float[] values = new float[features];
    for (int i = 0; i < features; i++) {
      values[i] = (float) random.nextGaussian();
    }
    double[] targets = new double[target.perSample()];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = target.draw(random);
    }
    return RowProblem.of(into.features().take(values), into.label().take(targets));
  }

  @Override
  public SyntheticSamples range(long from, long to) {
    return new SyntheticSamples(features, target, first + from, to - from);
  }
}
