package org.samplegrad.core.backend.cpu.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Loops by vectors of every width, beside plain ones. */
class VectorKernelsTest {
  private static final String LANES = "org.samplegrad.core.backend.cpu.kernels.ForcedWidth#lanes";

  private final KernelArrays arrays = new KernelArrays();

  /** From one to four times the lanes, and some that are added up in four sums. */
  private static IntStream lengths(int lanes) {
    return IntStream.rangeClosed(1, 10 * lanes + 1);
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void haveTheirWidth(int lanes) {
    assertThat(ForcedWidth.kernels(lanes).lanes()).isEqualTo(lanes);
    assertThat(ForcedWidth.kernels(lanes).areVectors()).isTrue();
  }

  @Test
  void haveTheWidthOfThisMachineOtherwise() {
    VectorKernels kernels = VectorKernels.find();
    assertThat(ForcedWidth.lanes()).contains(kernels.lanes());
    assertThat(VectorKernels.find()).isSameAs(kernels);
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void add(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    lengths(lanes)
        .forEach(
            length -> {
              float[] from = arrays.floats(length + 3);
              arrays.assertSame(kernels, length + 9, (by, to) -> by.add(from, 3, to, 4, length));
            });
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void decode(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    AffineTable table = new AffineTable(0.0127f, 1.2f);
    IntStream.concat(lengths(lanes), IntStream.of(300))
        .forEach(
            length -> {
              byte[] bytes = new byte[length];
              for (int i = 0; i < length; i++) {
                bytes[i] = (byte) (i * 7);
              }
              arrays.assertSame(kernels, length + 5, (by, y) -> by.decode(bytes, table, y));
            });
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void exponentiate(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    lengths(lanes).forEach(length -> assertExponentials(kernels, arrays.floats(length)));
    float[] wide = arrays.floats(5000);
    for (int i = 0; i < wide.length; i++) {
      wide[i] *= 110;
    }
    assertExponentials(kernels, wide);
    assertExponentials(
        kernels,
        new float[] {
          0,
          -0f,
          1,
          -1,
          88.7f,
          89,
          90,
          1e30f,
          -87,
          -103,
          -104,
          -105,
          -1e30f,
          Float.NaN,
          Float.POSITIVE_INFINITY,
          Float.NEGATIVE_INFINITY,
          Float.MIN_VALUE
        });
  }

  private static void assertExponentials(VectorKernels kernels, float[] x) {
    float[] y = new float[x.length + 3];
    float[] padded = Arrays.copyOf(x, x.length + kernels.lanes());
    kernels.exp(padded, y, x.length);
    for (int i = 0; i < x.length; i++) {
      float expected = (float) Math.exp(x[i]);
      float tolerance = 4 * Math.ulp(expected);
      assertThat(y[i] == expected || Math.abs(y[i] - expected) <= tolerance || bothNaN(y[i], x[i]))
          .as("exp(%s) is %s", x[i], y[i])
          .isTrue();
    }
    assertThat(y).endsWith(0, 0, 0);
  }

  private static boolean bothNaN(float y, float x) {
    return Float.isNaN(y) && Float.isNaN(x);
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void sumSquares(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    lengths(lanes)
        .forEach(
            length -> {
              float[] x = arrays.floats(length + 8);
              arrays.assertClose(
                  kernels, 1, length, (by, y) -> y[0] = by.sumOfSquares(x, 5, 5 + length));
            });
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void findWhatIsNotFinite(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    lengths(lanes)
        .forEach(
            length -> {
              float[] x = arrays.floats(length + 4);
              x[1] = Float.NaN;
              x[length + 2] = Float.NaN;
              assertThat(kernels.areFinite(x, 2, length + 2)).isTrue();
              for (int i = 2; i < length + 2; i++) {
                float before = x[i];
                x[i] = bad[i % bad.length];
                assertThat(kernels.areFinite(x, 2, length + 2)).as("element %d", i).isFalse();
                x[i] = before;
              }
            });
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void chooseTheLargest(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    for (int count = 1; count <= 4 * lanes; count++) {
      float[] x = arrays.floats(60 + lanes);
      for (int i = 0; i < x.length; i++) {
        // Few values, so that there are equal ones, and some windows of nothing.
        x[i] = i % 3 == 0 ? Float.NEGATIVE_INFINITY : Math.round(4 * x[i]);
      }
      int[] offsets = arrays.indices(count, 50);
      float[] otherwise = arrays.floats(lanes + 6);
      arrays.assertSame(
          kernels,
          lanes + 9,
          (by, chosen) -> by.chooseLargest(x, 8, offsets, otherwise, chosen, 4));
    }
  }
}
