package org.samplegrad.core.backend.cpu;

import static org.samplegrad.core.backend.cpu.IncubatorVectors.LANES;
import static org.samplegrad.core.backend.cpu.IncubatorVectors.SPECIES;
import static org.samplegrad.core.backend.cpu.IncubatorVectors.all;
import static org.samplegrad.core.backend.cpu.IncubatorVectors.asOwnClass;
import static org.samplegrad.core.backend.cpu.IncubatorVectors.at;
import static org.samplegrad.core.backend.cpu.IncubatorVectors.store;
import static org.samplegrad.core.backend.cpu.IncubatorVectors.sumOfLanes;
import static org.samplegrad.core.backend.cpu.IncubatorVectors.zero;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** {@link VectorKernels} by the vectors of the incubating module; see {@link IncubatorVectors}. */
final class IncubatorVectorKernels implements VectorKernels {
  private final PatchKernels patches = new IncubatorPatchKernels();
  private final TileKernels tiles = new IncubatorTileKernels();

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public PatchKernels patches() {
    return patches;
  }

  @Override
  public TileKernels tiles() {
    return tiles;
  }

  @Override
  public void add(float[] from, int first, float[] to, int target, int length) {
    int whole = SPECIES.loopBound(length);
    for (int i = 0; i < whole; i += LANES) {
      at(to, target + i).add(at(from, first + i)).intoArray(to, target + i);
    }
    for (int i = whole; i < length; i++) {
      to[target + i] += from[first + i];
    }
  }

  @Override
  public float sumOfSquares(float[] x, int from, int to) {
    FloatVector sumA = zero();
    FloatVector sumB = zero();
    FloatVector sumC = zero();
    FloatVector sumD = zero();
    int i = from;
    for (; i + 4 * LANES <= to; i += 4 * LANES) {
      FloatVector a = at(x, i);
      FloatVector b = at(x, i + LANES);
      FloatVector c = at(x, i + 2 * LANES);
      FloatVector d = at(x, i + 3 * LANES);
      sumA = a.fma(a, sumA);
      sumB = b.fma(b, sumB);
      sumC = c.fma(c, sumC);
      sumD = d.fma(d, sumD);
    }
    float sum = sumOfLanes(asOwnClass(sumA).add(sumB).add(asOwnClass(sumC).add(sumD)));
    for (; i < to; i++) {
      sum = Math.fma(x[i], x[i], sum);
    }
    return sum;
  }

  @Override
  public boolean areFinite(float[] x, int from, int to) {
    // 0 times an infinity or NaN is NaN, which stays in a sum.
    FloatVector zero = zero();
    FloatVector sumA = zero();
    FloatVector sumB = zero();
    FloatVector sumC = zero();
    FloatVector sumD = zero();
    int i = from;
    for (; i + 4 * LANES <= to; i += 4 * LANES) {
      sumA = at(x, i).fma(zero, sumA);
      sumB = at(x, i + LANES).fma(zero, sumB);
      sumC = at(x, i + 2 * LANES).fma(zero, sumC);
      sumD = at(x, i + 3 * LANES).fma(zero, sumD);
    }
    float sum = sumOfLanes(asOwnClass(sumA).add(sumB), asOwnClass(sumC).add(sumD));
    for (; i < to; i++) {
      sum = Math.fma(x[i], 0f, sum);
    }
    return sum == 0;
  }

  @Override
  public void chooseLargest(
      float[] x, int base, int[] offsets, float[] otherwise, float[] chosen, int target) {
    FloatVector largest = all(Float.NEGATIVE_INFINITY);
    FloatVector number = at(otherwise, target);
    FloatVector one = all(1);
    FloatVector own = zero();
    for (int k = 0; k < offsets.length; k++) {
      FloatVector candidate = at(x, base + offsets[k]);
      VectorMask<Float> larger = candidate.compare(VectorOperators.GT, largest);
      largest = largest.blend(candidate, larger);
      number = number.blend(own, larger);
      own = own.add(one);
    }
    store(number, chosen, target);
  }
}
