package org.samplegrad.core.backend.cpu.kernels.incubator;

import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.LANES;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.all;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.at;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.store;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.zero;

import jdk.incubator.vector.FloatVector;
import org.samplegrad.core.backend.cpu.kernels.PatchKernels;

/** {@link PatchKernels} by the vectors of the incubating module; see {@link IncubatorVectors}. */
final class IncubatorPatchKernels implements PatchKernels {
  /** The indices of a stretch's vectors differ by constants, so one check suffices for all. */
  @Override
  public void addStretches(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int offset,
      int quads,
      float[] y,
      int target) {
    if (quads == 3) {
      addTwelve(x, starts, weights, from, to, offset, y, target);
    } else if (quads == 2) {
      addEight(x, starts, weights, from, to, offset, y, target);
    } else {
      addFour(x, starts, weights, from, to, offset, y, target);
    }
  }

  private static void addTwelve(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int offset,
      float[] y,
      int target) {
    FloatVector sumA = at(y, target);
    FloatVector sumB = at(y, target + LANES);
    FloatVector sumC = at(y, target + 2 * LANES);
    FloatVector sumD = at(y, target + 3 * LANES);
    FloatVector sumE = at(y, target + 4 * LANES);
    FloatVector sumF = at(y, target + 5 * LANES);
    FloatVector sumG = at(y, target + 6 * LANES);
    FloatVector sumH = at(y, target + 7 * LANES);
    FloatVector sumI = at(y, target + 8 * LANES);
    FloatVector sumJ = at(y, target + 9 * LANES);
    FloatVector sumK = at(y, target + 10 * LANES);
    FloatVector sumL = at(y, target + 11 * LANES);
    for (int i = from; i < to; i++) {
      int index = starts[i] + offset;
      FloatVector weight = all(weights[i]);
      sumA = at(x, index).fma(weight, sumA);
      sumB = at(x, index + LANES).fma(weight, sumB);
      sumC = at(x, index + 2 * LANES).fma(weight, sumC);
      sumD = at(x, index + 3 * LANES).fma(weight, sumD);
      sumE = at(x, index + 4 * LANES).fma(weight, sumE);
      sumF = at(x, index + 5 * LANES).fma(weight, sumF);
      sumG = at(x, index + 6 * LANES).fma(weight, sumG);
      sumH = at(x, index + 7 * LANES).fma(weight, sumH);
      sumI = at(x, index + 8 * LANES).fma(weight, sumI);
      sumJ = at(x, index + 9 * LANES).fma(weight, sumJ);
      sumK = at(x, index + 10 * LANES).fma(weight, sumK);
      sumL = at(x, index + 11 * LANES).fma(weight, sumL);
    }
    store(sumA, y, target);
    store(sumB, y, target + LANES);
    store(sumC, y, target + 2 * LANES);
    store(sumD, y, target + 3 * LANES);
    store(sumE, y, target + 4 * LANES);
    store(sumF, y, target + 5 * LANES);
    store(sumG, y, target + 6 * LANES);
    store(sumH, y, target + 7 * LANES);
    store(sumI, y, target + 8 * LANES);
    store(sumJ, y, target + 9 * LANES);
    store(sumK, y, target + 10 * LANES);
    store(sumL, y, target + 11 * LANES);
  }

  private static void addEight(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int offset,
      float[] y,
      int target) {
    FloatVector sumA = at(y, target);
    FloatVector sumB = at(y, target + LANES);
    FloatVector sumC = at(y, target + 2 * LANES);
    FloatVector sumD = at(y, target + 3 * LANES);
    FloatVector sumE = at(y, target + 4 * LANES);
    FloatVector sumF = at(y, target + 5 * LANES);
    FloatVector sumG = at(y, target + 6 * LANES);
    FloatVector sumH = at(y, target + 7 * LANES);
    for (int i = from; i < to; i++) {
      int index = starts[i] + offset;
      FloatVector weight = all(weights[i]);
      sumA = at(x, index).fma(weight, sumA);
      sumB = at(x, index + LANES).fma(weight, sumB);
      sumC = at(x, index + 2 * LANES).fma(weight, sumC);
      sumD = at(x, index + 3 * LANES).fma(weight, sumD);
      sumE = at(x, index + 4 * LANES).fma(weight, sumE);
      sumF = at(x, index + 5 * LANES).fma(weight, sumF);
      sumG = at(x, index + 6 * LANES).fma(weight, sumG);
      sumH = at(x, index + 7 * LANES).fma(weight, sumH);
    }
    store(sumA, y, target);
    store(sumB, y, target + LANES);
    store(sumC, y, target + 2 * LANES);
    store(sumD, y, target + 3 * LANES);
    store(sumE, y, target + 4 * LANES);
    store(sumF, y, target + 5 * LANES);
    store(sumG, y, target + 6 * LANES);
    store(sumH, y, target + 7 * LANES);
  }

  private static void addFour(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int offset,
      float[] y,
      int target) {
    FloatVector sumA = at(y, target);
    FloatVector sumB = at(y, target + LANES);
    FloatVector sumC = at(y, target + 2 * LANES);
    FloatVector sumD = at(y, target + 3 * LANES);
    for (int i = from; i < to; i++) {
      int index = starts[i] + offset;
      FloatVector weight = all(weights[i]);
      sumA = at(x, index).fma(weight, sumA);
      sumB = at(x, index + LANES).fma(weight, sumB);
      sumC = at(x, index + 2 * LANES).fma(weight, sumC);
      sumD = at(x, index + 3 * LANES).fma(weight, sumD);
    }
    store(sumA, y, target);
    store(sumB, y, target + LANES);
    store(sumC, y, target + 2 * LANES);
    store(sumD, y, target + 3 * LANES);
  }

  @Override
  public void sumPatches(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int[] offsets,
      float[] row,
      int target) {
    int v = 0;
    for (; v + 8 <= offsets.length; v += 8) {
      sumEight(x, starts, weights, from, to, offsets, v, row, target + v * LANES);
    }
    int rest = offsets.length - v;
    if (rest == 5) {
      sumFive(x, starts, weights, from, to, offsets, v, row, target + v * LANES);
      return;
    }
    if (rest >= 4) {
      sumFour(x, starts, weights, from, to, offsets, v, row, target + v * LANES);
      v += 4;
      rest -= 4;
    }
    if (rest == 3) {
      sumThree(x, starts, weights, from, to, offsets, v, row, target + v * LANES);
    } else if (rest == 2) {
      sumTwo(x, starts, weights, from, to, offsets, v, row, target + v * LANES);
    } else if (rest == 1) {
      sumOne(x, starts, weights, from, to, offsets, v, row, target + v * LANES);
    }
  }

  private static void sumEight(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int[] offsets,
      int v,
      float[] row,
      int target) {
    int a = offsets[v];
    int b = offsets[v + 1];
    int c = offsets[v + 2];
    int d = offsets[v + 3];
    int e = offsets[v + 4];
    int f = offsets[v + 5];
    int g = offsets[v + 6];
    int h = offsets[v + 7];
    FloatVector sumA = zero();
    FloatVector sumB = zero();
    FloatVector sumC = zero();
    FloatVector sumD = zero();
    FloatVector sumE = zero();
    FloatVector sumF = zero();
    FloatVector sumG = zero();
    FloatVector sumH = zero();
    for (int i = from; i < to; i++) {
      int index = starts[i];
      FloatVector weight = all(weights[i]);
      sumA = at(x, index + a).fma(weight, sumA);
      sumB = at(x, index + b).fma(weight, sumB);
      sumC = at(x, index + c).fma(weight, sumC);
      sumD = at(x, index + d).fma(weight, sumD);
      sumE = at(x, index + e).fma(weight, sumE);
      sumF = at(x, index + f).fma(weight, sumF);
      sumG = at(x, index + g).fma(weight, sumG);
      sumH = at(x, index + h).fma(weight, sumH);
    }
    store(sumA, row, target);
    store(sumB, row, target + LANES);
    store(sumC, row, target + 2 * LANES);
    store(sumD, row, target + 3 * LANES);
    store(sumE, row, target + 4 * LANES);
    store(sumF, row, target + 5 * LANES);
    store(sumG, row, target + 6 * LANES);
    store(sumH, row, target + 7 * LANES);
  }

  private static void sumFive(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int[] offsets,
      int v,
      float[] row,
      int target) {
    int a = offsets[v];
    int b = offsets[v + 1];
    int c = offsets[v + 2];
    int d = offsets[v + 3];
    int e = offsets[v + 4];
    FloatVector sumA = zero();
    FloatVector sumB = zero();
    FloatVector sumC = zero();
    FloatVector sumD = zero();
    FloatVector sumE = zero();
    for (int i = from; i < to; i++) {
      int index = starts[i];
      FloatVector weight = all(weights[i]);
      sumA = at(x, index + a).fma(weight, sumA);
      sumB = at(x, index + b).fma(weight, sumB);
      sumC = at(x, index + c).fma(weight, sumC);
      sumD = at(x, index + d).fma(weight, sumD);
      sumE = at(x, index + e).fma(weight, sumE);
    }
    store(sumA, row, target);
    store(sumB, row, target + LANES);
    store(sumC, row, target + 2 * LANES);
    store(sumD, row, target + 3 * LANES);
    store(sumE, row, target + 4 * LANES);
  }

  private static void sumFour(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int[] offsets,
      int v,
      float[] row,
      int target) {
    int a = offsets[v];
    int b = offsets[v + 1];
    int c = offsets[v + 2];
    int d = offsets[v + 3];
    FloatVector sumA = zero();
    FloatVector sumB = zero();
    FloatVector sumC = zero();
    FloatVector sumD = zero();
    for (int i = from; i < to; i++) {
      int index = starts[i];
      FloatVector weight = all(weights[i]);
      sumA = at(x, index + a).fma(weight, sumA);
      sumB = at(x, index + b).fma(weight, sumB);
      sumC = at(x, index + c).fma(weight, sumC);
      sumD = at(x, index + d).fma(weight, sumD);
    }
    store(sumA, row, target);
    store(sumB, row, target + LANES);
    store(sumC, row, target + 2 * LANES);
    store(sumD, row, target + 3 * LANES);
  }

  private static void sumThree(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int[] offsets,
      int v,
      float[] row,
      int target) {
    int a = offsets[v];
    int b = offsets[v + 1];
    int c = offsets[v + 2];
    FloatVector sumA = zero();
    FloatVector sumB = zero();
    FloatVector sumC = zero();
    for (int i = from; i < to; i++) {
      int index = starts[i];
      FloatVector weight = all(weights[i]);
      sumA = at(x, index + a).fma(weight, sumA);
      sumB = at(x, index + b).fma(weight, sumB);
      sumC = at(x, index + c).fma(weight, sumC);
    }
    store(sumA, row, target);
    store(sumB, row, target + LANES);
    store(sumC, row, target + 2 * LANES);
  }

  private static void sumTwo(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int[] offsets,
      int v,
      float[] row,
      int target) {
    int a = offsets[v];
    int b = offsets[v + 1];
    FloatVector sumA = zero();
    FloatVector sumB = zero();
    for (int i = from; i < to; i++) {
      int index = starts[i];
      FloatVector weight = all(weights[i]);
      sumA = at(x, index + a).fma(weight, sumA);
      sumB = at(x, index + b).fma(weight, sumB);
    }
    store(sumA, row, target);
    store(sumB, row, target + LANES);
  }

  private static void sumOne(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int[] offsets,
      int v,
      float[] row,
      int target) {
    int a = offsets[v];
    FloatVector sum = zero();
    for (int i = from; i < to; i++) {
      sum = at(x, starts[i] + a).fma(all(weights[i]), sum);
    }
    store(sum, row, target);
  }

  @Override
  public void addToPatch(float[] row, float[] x, int index, int[] offsets) {
    for (int v = 0; v < offsets.length; v++) {
      int target = index + offsets[v];
      at(x, target).add(at(row, v * LANES)).intoArray(x, target);
    }
  }

  @Override
  public void multiplyPatches(
      float[] x, int[] starts, int count, int[] offsets, float[] row, int first, float[] products) {
    IncubatorPatchProducts.multiplyPatches(x, starts, count, offsets, row, first, products);
  }

  @Override
  public void multiplyQuads(
      float[] x,
      int[] starts,
      int count,
      int[] quadOffsets,
      float[] row,
      int first,
      float[] products) {
    IncubatorPatchProducts.multiplyQuads(x, starts, count, quadOffsets, row, first, products);
  }
}
