package org.samplegrad.datasets.sources;

import java.util.Arrays;
import org.samplegrad.datasets.BlockBuilder;
import org.samplegrad.datasets.IndexedSource;
import org.samplegrad.datasets.RowProblem;

/**
 * The three samples with two features and one target for the linear example model: standard-normal
 * numbers, in float32, as PyTorch drew them.
 */
public final class LinearExample implements IndexedSource {
  private static final long serialVersionUID = 1L;

  private static final float[][] FEATURES = {
    {0.0012301534f, 0.29874554f},
    {-0.27413785f, -0.89059186f},
    {-0.4546708f, -0.9916465f}
  };

  private static final float[] TARGETS = {0.0601436f, 1.3402152f, -0.49220652f};

  private final int from;
  private final int to;

  public LinearExample() {
    this(0, TARGETS.length);
  }

  private LinearExample(int from, int to) {
    this.from = from;
    this.to = to;
  }

  @Override
  public long count() {
    return to - from;
  }

  @Override
  public RowProblem read(long index, BlockBuilder into) {
    int row = from + (int) index;
    return RowProblem.of(
        into.features().take(FEATURES[row]),
        into.label().take(Arrays.copyOfRange(TARGETS, row, row + 1)));
  }

  @Override
  public LinearExample range(long first, long last) {
    return new LinearExample(from + (int) first, from + (int) last);
  }
}
