package org.samplegrad.core.backend.cpu.kernels.incubator;

import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.LANES;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.SPECIES;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.all;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.asOwnClass;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.at;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.store;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.sumOfLanes;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.zero;

import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.samplegrad.core.backend.cpu.kernels.AffineTable;
import org.samplegrad.core.backend.cpu.kernels.PatchKernels;
import org.samplegrad.core.backend.cpu.kernels.TileKernels;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;

/** {@link VectorKernels} by the vectors of the incubating module; see {@link IncubatorVectors}. */
public final class IncubatorVectorKernels implements VectorKernels {
  /** As many bytes as floats, or the fewest that a vector holds. */
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(
          byte.class,
          VectorShape.forBitSize(
              Math.max(LANES * Byte.SIZE, VectorShape.S_64_BIT.vectorBitSize())));

  private static final byte SIGN = (byte) AffineTable.CENTER;

  /** To which an integer is added exactly, and any other number rounded to one. */
  private static final float ROUNDING = 3 << 22;

  private final PatchKernels patches = new IncubatorPatchKernels();
  private final TileKernels tiles = new IncubatorTileKernels();

  /** Found by name. */
  public IncubatorVectorKernels() {}

  @Override
  public boolean areVectors() {
    return true;
  }

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
  public void decode(byte[] bytes, AffineTable table, float[] y) {
    FloatVector step = all(table.step());
    FloatVector center = all(table.center());
    int end = bytes.length - BYTES.length() + 1;
    int i = 0;
    for (; i < end; i += LANES) {
      // As signed bytes these are the differences from the center.
      ByteVector differences =
          ByteVector.fromArray(BYTES, bytes, i).lanewise(VectorOperators.XOR, SIGN);
      FloatVector numbers = (FloatVector) differences.convertShape(VectorOperators.B2F, SPECIES, 0);
      numbers.fma(step, center).intoArray(y, i);
    }
    for (; i < bytes.length; i++) {
      y[i] = Math.fma((byte) (bytes[i] ^ SIGN), table.step(), table.center());
    }
  }

  @Override
  public void exp(float[] x, float[] y, int length) {
    int whole = SPECIES.loopBound(length);
    for (int i = 0; i < whole; i += LANES) {
      exp(at(x, i)).intoArray(y, i);
    }
    if (whole < length) {
      float[] rest = Arrays.copyOfRange(x, whole, whole + LANES);
      exp(at(rest, 0)).intoArray(rest, 0);
      System.arraycopy(rest, 0, y, whole, length - whole);
    }
  }

  /**
   * {@code 2^n exp(r)} with {@code x = n ln 2 + r}, {@code |r| <= ln 2 / 2}: a polynomial of least
   * deviation (Cephes, {@code expf}), and the power of two in two factors, as it may be beyond what
   * one can be.
   */
  private static FloatVector exp(FloatVector x) {
    FloatVector bounded = x.blend(all(89), x.compare(VectorOperators.GT, 89f));
    bounded = bounded.blend(all(-104), x.compare(VectorOperators.LT, -104f));
    // The sum's lowest bits are those of the nearest integer.
    FloatVector shifted = bounded.fma(all(1.44269504f), all(ROUNDING));
    FloatVector n = shifted.sub(ROUNDING);
    FloatVector r = n.fma(all(-0.693359375f), bounded);
    r = n.fma(all(2.12194440e-4f), r);
    FloatVector p = r.fma(all(1.9875691500e-4f), all(1.3981999507e-3f));
    p = p.fma(r, all(8.3334519073e-3f));
    p = p.fma(r, all(4.1665795894e-2f));
    p = p.fma(r, all(1.6666665459e-1f));
    p = p.fma(r, all(5.0000001201e-1f));
    p = p.fma(r.mul(r), r).add(1f);
    IntVector exponent = shifted.reinterpretAsInts().sub(Float.floatToRawIntBits(ROUNDING));
    IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
    return p.mul(powerOfTwo(half)).mul(powerOfTwo(exponent.sub(half)));
  }

  private static FloatVector powerOfTwo(IntVector exponent) {
    return exponent.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
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
