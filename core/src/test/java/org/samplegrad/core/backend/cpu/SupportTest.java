package org.samplegrad.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;

class SupportTest {
  private static final Shape IMAGES = Shape.of(2, 1, 2, 3);

  /** Two places for each of two images of six elements. */
  private static Indices indices(int... positions) {
    return new Indices(Shape.of(2, 1, 1, 2), positions);
  }

  @Test
  void holdsEachPlaceOfAnImageOnce() {
    Support support = Support.of(indices(5, 5, 6, 9), IMAGES);
    assertThat(support.starts()).containsExactly(0, 1, 3);
    assertThat(support.places()).startsWith(5, 0, 3);
  }

  @Test
  void isNotKnownWhereImagesMix() {
    assertThat(Support.of(indices(0, 6, 7, 8), IMAGES)).isNull();
  }

  @Test
  void isNotWorthwhileWhereMostElementsBelongToIt() {
    Indices all = new Indices(Shape.of(1, 1, 2, 2), new int[] {0, 1, 2, 3});
    assertThat(Support.of(all, Shape.of(1, 1, 2, 2))).isNull();
  }

  @Test
  void keepsThePlacesOfPositiveElements() {
    Support support = Support.of(indices(0, 1, 8, 9), IMAGES);
    float[] x = {2, -1, 0, 0, 0, 0, 0, 0, -0f, Float.MIN_VALUE, 0, 0};
    Support positive = support.wherePositive(x, 6);
    assertThat(positive.starts()).containsExactly(0, 1, 2);
    assertThat(positive.places()).startsWith(0, 3);
  }

  @Test
  void aSupportIsMaskedByEachArrayAnew() {
    try (CpuBackend backend = new CpuBackend(Memory.borrow(), VectorKernels.find())) {
      Tensor gradient =
          backend.scatterAdd(backend.fill(Shape.of(2, 1, 1, 2), 1), indices(0, 1, 8, 9), IMAGES);
      backend.maskPositive(gradient, backend.fill(IMAGES, -1));
      Tensor kept = backend.maskPositive(gradient, backend.fill(IMAGES, 1));
      assertThat(backend.toDoubles(kept)).isEqualTo(backend.toDoubles(gradient)).contains(1);
    }
  }

  /** A product lies in native memory and is added up from there. */
  @Test
  void aLongProductIsAddedToTotalsAsItIs() {
    try (CpuBackend backend = new CpuBackend(Memory.borrow(), VectorKernels.find())) {
      double[] rows = IntStream.range(0, 70 * 20).mapToDouble(i -> i % 23 - 11).toArray();
      Tensor factor = backend.tensor(Shape.of(70, 20), rows);
      double[] totals = new double[70 * 70 + 1];
      backend.addTo(backend.matmul(factor, false, factor, true), totals, 1);
      double[] expected = backend.toDoubles(backend.matmul(factor, false, factor, true));
      assertThat(Arrays.copyOfRange(totals, 1, totals.length)).containsExactly(expected);
      assertThat(totals[0]).isZero();
    }
  }
}
