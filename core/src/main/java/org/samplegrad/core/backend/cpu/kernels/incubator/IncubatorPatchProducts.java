package org.samplegrad.core.backend.cpu.kernels.incubator;

import static org.samplegrad.core.backend.cpu.kernels.PatchKernels.QUAD;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.LANES;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.asOwnClass;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.at;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.sumOfLanes;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.zero;

import jdk.incubator.vector.FloatVector;

/** The products of a row with patches, for {@link IncubatorPatchKernels}. */
final class IncubatorPatchProducts {
  private IncubatorPatchProducts() {}

  static void multiplyPatches(
      float[] x, int[] starts, int count, int[] offsets, float[] row, int first, float[] products) {
    int i = 0;
    for (; i + 4 <= count; i += 4) {
      multiplyFour(x, starts, i, offsets, row, first, products);
    }
    for (; i < count; i++) {
      multiplyOne(x, starts, i, offsets, row, first, products);
    }
  }

  private static void multiplyFour(
      float[] x, int[] starts, int i, int[] offsets, float[] row, int first, float[] products) {
    int a = starts[i];
    int b = starts[i + 1];
    int c = starts[i + 2];
    int d = starts[i + 3];
    FloatVector sumA = zero();
    FloatVector sumB = zero();
    FloatVector sumC = zero();
    FloatVector sumD = zero();
    for (int v = 0; v < offsets.length; v++) {
      int offset = offsets[v];
      FloatVector factor = at(row, first + v * LANES);
      sumA = at(x, a + offset).fma(factor, sumA);
      sumB = at(x, b + offset).fma(factor, sumB);
      sumC = at(x, c + offset).fma(factor, sumC);
      sumD = at(x, d + offset).fma(factor, sumD);
    }
    products[i] += sumOfLanes(sumA);
    products[i + 1] += sumOfLanes(sumB);
    products[i + 2] += sumOfLanes(sumC);
    products[i + 3] += sumOfLanes(sumD);
  }

  private static void multiplyOne(
      float[] x, int[] starts, int i, int[] offsets, float[] row, int first, float[] products) {
    int a = starts[i];
    FloatVector sum = zero();
    for (int v = 0; v < offsets.length; v++) {
      sum = at(x, a + offsets[v]).fma(at(row, first + v * LANES), sum);
    }
    products[i] += sumOfLanes(sum);
  }

  static void multiplyQuads(
      float[] x,
      int[] starts,
      int count,
      int[] quadOffsets,
      float[] row,
      int first,
      float[] products) {
    int i = 0;
    for (; i + 4 <= count; i += 4) {
      multiplyFourByQuads(x, starts, i, quadOffsets, row, first, products);
    }
    for (; i < count; i++) {
      multiplyOneByQuads(x, starts, i, quadOffsets, row, first, products);
    }
  }

  private static void multiplyFourByQuads(
      float[] x, int[] starts, int i, int[] offsets, float[] row, int first, float[] products) {
    int a = starts[i];
    int b = starts[i + 1];
    int c = starts[i + 2];
    int d = starts[i + 3];
    FloatVector sumA = zero();
    FloatVector sumB = zero();
    FloatVector sumC = zero();
    FloatVector sumD = zero();
    FloatVector otherA = zero();
    FloatVector otherB = zero();
    FloatVector otherC = zero();
    FloatVector otherD = zero();
    for (int v = 0; v < offsets.length; v++) {
      int offset = offsets[v];
      int index = first + v * QUAD * LANES;
      FloatVector factor0 = at(row, index);
      FloatVector factor1 = at(row, index + LANES);
      FloatVector factor2 = at(row, index + 2 * LANES);
      FloatVector factor3 = at(row, index + 3 * LANES);
      sumA = at(x, a + offset).fma(factor0, sumA);
      otherA = at(x, a + offset + LANES).fma(factor1, otherA);
      sumA = at(x, a + offset + 2 * LANES).fma(factor2, sumA);
      otherA = at(x, a + offset + 3 * LANES).fma(factor3, otherA);
      sumB = at(x, b + offset).fma(factor0, sumB);
      otherB = at(x, b + offset + LANES).fma(factor1, otherB);
      sumB = at(x, b + offset + 2 * LANES).fma(factor2, sumB);
      otherB = at(x, b + offset + 3 * LANES).fma(factor3, otherB);
      sumC = at(x, c + offset).fma(factor0, sumC);
      otherC = at(x, c + offset + LANES).fma(factor1, otherC);
      sumC = at(x, c + offset + 2 * LANES).fma(factor2, sumC);
      otherC = at(x, c + offset + 3 * LANES).fma(factor3, otherC);
      sumD = at(x, d + offset).fma(factor0, sumD);
      otherD = at(x, d + offset + LANES).fma(factor1, otherD);
      sumD = at(x, d + offset + 2 * LANES).fma(factor2, sumD);
      otherD = at(x, d + offset + 3 * LANES).fma(factor3, otherD);
    }
    products[i] += sumOfLanes(sumA, otherA);
    products[i + 1] += sumOfLanes(sumB, otherB);
    products[i + 2] += sumOfLanes(sumC, otherC);
    products[i + 3] += sumOfLanes(sumD, otherD);
  }

  private static void multiplyOneByQuads(
      float[] x, int[] starts, int i, int[] offsets, float[] row, int first, float[] products) {
    FloatVector sumA = zero();
    FloatVector sumB = zero();
    FloatVector sumC = zero();
    FloatVector sumD = zero();
    for (int v = 0; v < offsets.length; v++) {
      int source = starts[i] + offsets[v];
      int index = first + v * QUAD * LANES;
      sumA = at(x, source).fma(at(row, index), sumA);
      sumB = at(x, source + LANES).fma(at(row, index + LANES), sumB);
      sumC = at(x, source + 2 * LANES).fma(at(row, index + 2 * LANES), sumC);
      sumD = at(x, source + 3 * LANES).fma(at(row, index + 3 * LANES), sumD);
    }
    products[i] +=
        sumOfLanes(asOwnClass(sumA).add(asOwnClass(sumC)), asOwnClass(sumB).add(asOwnClass(sumD)));
  }
}
