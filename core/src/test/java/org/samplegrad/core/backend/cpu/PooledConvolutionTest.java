package org.samplegrad.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.KeptResults;
import org.samplegrad.core.backend.NaiveArray;
import org.samplegrad.core.backend.NaiveWindows;
import org.samplegrad.core.backend.Pooled;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.backend.Window;

/** The maxima of a convolution that one evaluation keeps for the next. */
class PooledConvolutionTest {
  private static final Window KERNEL = Window.ofKernel(5);
  private static final Window PAIRS = Window.ofKernel(2).withStride(2);

  /** Sums of two windows of five elements in so many channels are worth keeping. */
  private static final int CHANNELS = 52;

  private static final int LONGEST_KEPT = 1 << 16;

  /** Where a maximum lies is kept in 16 bits: those of longer channels are computed again. */
  @ParameterizedTest
  @ValueSource(ints = {LONGEST_KEPT, LONGEST_KEPT + 2})
  void comeAgainAtTheSamePositions(int channelSize) {
    NaiveArray image = NaiveArray.random(new Random(3), 1, CHANNELS, channelSize + 4);
    NaiveArray weights = NaiveArray.random(new Random(4), 2, CHANNELS, 5);
    KeptResults kept = KeptResults.ofBlock();
    try (Backend backend = new CpuBackendProvider().open(Precision.FLOAT32)) {
      Tensor x = image.on(backend);
      Tensor weight = weights.on(backend);
      double[] all = backend.toDoubles(backend.convolve(x, weight, KERNEL, 1));
      Shape shape = Shape.of(1, 2, channelSize);
      int[] expected = NaiveWindows.maxPoolPositions(NaiveArray.of(shape, all), PAIRS);
      for (int evaluation = 0; evaluation < 2; evaluation++) {
        Pooled pooled =
            backend.evaluateWith(
                kept, () -> backend.maxPool(backend.convolve(x, weight, KERNEL, 1), PAIRS));
        assertThat(positions(pooled.positions())).isEqualTo(expected);
        assertThat(backend.toDoubles(pooled.values())).isEqualTo(at(all, expected));
      }
      try (KeptResults.Sequence sequence = kept.open()) {
        assertThat(sequence.next(expected.length) != null).isEqualTo(channelSize <= LONGEST_KEPT);
      }
    }
  }

  private static int[] positions(Indices indices) {
    int[] positions = new int[indices.size()];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = indices.position(i);
    }
    return positions;
  }

  private static double[] at(double[] values, int[] positions) {
    double[] found = new double[positions.length];
    for (int i = 0; i < found.length; i++) {
      found[i] = values[positions[i]];
    }
    return found;
  }
}
