package org.samplegrad.core.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link VectorKernels} by the vectors of the incubating module.
 *
 * <p>The compiler keeps a vector in a register only as a local variable of one loop without another
 * loop around it in the method; this is why every sum has its own variable and every number of sums
 * its own method.
 */
final class IncubatorVectorKernels implements VectorKernels {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  @Override
  public int lanes() {
    return LANES;
  }

  private static FloatVector at(float[] x, int place) {
    return FloatVector.fromArray(SPECIES, x, place);
  }

  private static FloatVector all(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }

  private static FloatVector zero() {
    return FloatVector.zero(SPECIES);
  }

  /**
   * The same vector, of a class that the compiler knows. Behind a loop it does not know the class
   * of a sum, unless a profile happens to tell: it would make the vector an object and call its
   * methods.
   */
  private static FloatVector asOwnClass(FloatVector sum) {
    return (FloatVector) SPECIES.vectorType().cast(sum);
  }

  private static void store(FloatVector sum, float[] x, int place) {
    asOwnClass(sum).intoArray(x, place);
  }

  private static float sumOfLanes(FloatVector sum) {
    return asOwnClass(sum).reduceLanes(VectorOperators.ADD);
  }

  private static float sumOfLanes(FloatVector sum, FloatVector other) {
    return asOwnClass(sum).add(asOwnClass(other)).reduceLanes(VectorOperators.ADD);
  }

  /** The places of a stretch's vectors differ by constants, so one check suffices for all. */
  @Override
  public void addStretches(
      float[] x,
      int[] places,
      float[] weights,
      int from,
      int to,
      int offset,
      int quads,
      float[] y,
      int target) {
    if (quads == 3) {
      addTwelve(x, places, weights, from, to, offset, y, target);
    } else if (quads == 2) {
      addEight(x, places, weights, from, to, offset, y, target);
    } else {
      addFour(x, places, weights, from, to, offset, y, target);
    }
  }

  private static void addTwelve(
      float[] x,
      int[] places,
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
      int place = places[i] + offset;
      FloatVector weight = all(weights[i]);
      sumA = at(x, place).fma(weight, sumA);
      sumB = at(x, place + LANES).fma(weight, sumB);
      sumC = at(x, place + 2 * LANES).fma(weight, sumC);
      sumD = at(x, place + 3 * LANES).fma(weight, sumD);
      sumE = at(x, place + 4 * LANES).fma(weight, sumE);
      sumF = at(x, place + 5 * LANES).fma(weight, sumF);
      sumG = at(x, place + 6 * LANES).fma(weight, sumG);
      sumH = at(x, place + 7 * LANES).fma(weight, sumH);
      sumI = at(x, place + 8 * LANES).fma(weight, sumI);
      sumJ = at(x, place + 9 * LANES).fma(weight, sumJ);
      sumK = at(x, place + 10 * LANES).fma(weight, sumK);
      sumL = at(x, place + 11 * LANES).fma(weight, sumL);
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
      int[] places,
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
      int place = places[i] + offset;
      FloatVector weight = all(weights[i]);
      sumA = at(x, place).fma(weight, sumA);
      sumB = at(x, place + LANES).fma(weight, sumB);
      sumC = at(x, place + 2 * LANES).fma(weight, sumC);
      sumD = at(x, place + 3 * LANES).fma(weight, sumD);
      sumE = at(x, place + 4 * LANES).fma(weight, sumE);
      sumF = at(x, place + 5 * LANES).fma(weight, sumF);
      sumG = at(x, place + 6 * LANES).fma(weight, sumG);
      sumH = at(x, place + 7 * LANES).fma(weight, sumH);
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
      int[] places,
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
      int place = places[i] + offset;
      FloatVector weight = all(weights[i]);
      sumA = at(x, place).fma(weight, sumA);
      sumB = at(x, place + LANES).fma(weight, sumB);
      sumC = at(x, place + 2 * LANES).fma(weight, sumC);
      sumD = at(x, place + 3 * LANES).fma(weight, sumD);
    }
    store(sumA, y, target);
    store(sumB, y, target + LANES);
    store(sumC, y, target + 2 * LANES);
    store(sumD, y, target + 3 * LANES);
  }

  @Override
  public void sumPatches(
      float[] x,
      int[] places,
      float[] weights,
      int from,
      int to,
      int[] offsets,
      float[] row,
      int target) {
    int v = 0;
    for (; v + 8 <= offsets.length; v += 8) {
      sumEight(x, places, weights, from, to, offsets, v, row, target + v * LANES);
    }
    int rest = offsets.length - v;
    if (rest == 5) {
      sumFive(x, places, weights, from, to, offsets, v, row, target + v * LANES);
      return;
    }
    if (rest >= 4) {
      sumFour(x, places, weights, from, to, offsets, v, row, target + v * LANES);
      v += 4;
      rest -= 4;
    }
    if (rest == 3) {
      sumThree(x, places, weights, from, to, offsets, v, row, target + v * LANES);
    } else if (rest == 2) {
      sumTwo(x, places, weights, from, to, offsets, v, row, target + v * LANES);
    } else if (rest == 1) {
      sumOne(x, places, weights, from, to, offsets, v, row, target + v * LANES);
    }
  }

  private static void sumEight(
      float[] x,
      int[] places,
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
      int place = places[i];
      FloatVector weight = all(weights[i]);
      sumA = at(x, place + a).fma(weight, sumA);
      sumB = at(x, place + b).fma(weight, sumB);
      sumC = at(x, place + c).fma(weight, sumC);
      sumD = at(x, place + d).fma(weight, sumD);
      sumE = at(x, place + e).fma(weight, sumE);
      sumF = at(x, place + f).fma(weight, sumF);
      sumG = at(x, place + g).fma(weight, sumG);
      sumH = at(x, place + h).fma(weight, sumH);
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
      int[] places,
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
      int place = places[i];
      FloatVector weight = all(weights[i]);
      sumA = at(x, place + a).fma(weight, sumA);
      sumB = at(x, place + b).fma(weight, sumB);
      sumC = at(x, place + c).fma(weight, sumC);
      sumD = at(x, place + d).fma(weight, sumD);
      sumE = at(x, place + e).fma(weight, sumE);
    }
    store(sumA, row, target);
    store(sumB, row, target + LANES);
    store(sumC, row, target + 2 * LANES);
    store(sumD, row, target + 3 * LANES);
    store(sumE, row, target + 4 * LANES);
  }

  private static void sumFour(
      float[] x,
      int[] places,
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
      int place = places[i];
      FloatVector weight = all(weights[i]);
      sumA = at(x, place + a).fma(weight, sumA);
      sumB = at(x, place + b).fma(weight, sumB);
      sumC = at(x, place + c).fma(weight, sumC);
      sumD = at(x, place + d).fma(weight, sumD);
    }
    store(sumA, row, target);
    store(sumB, row, target + LANES);
    store(sumC, row, target + 2 * LANES);
    store(sumD, row, target + 3 * LANES);
  }

  private static void sumThree(
      float[] x,
      int[] places,
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
      int place = places[i];
      FloatVector weight = all(weights[i]);
      sumA = at(x, place + a).fma(weight, sumA);
      sumB = at(x, place + b).fma(weight, sumB);
      sumC = at(x, place + c).fma(weight, sumC);
    }
    store(sumA, row, target);
    store(sumB, row, target + LANES);
    store(sumC, row, target + 2 * LANES);
  }

  private static void sumTwo(
      float[] x,
      int[] places,
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
      int place = places[i];
      FloatVector weight = all(weights[i]);
      sumA = at(x, place + a).fma(weight, sumA);
      sumB = at(x, place + b).fma(weight, sumB);
    }
    store(sumA, row, target);
    store(sumB, row, target + LANES);
  }

  private static void sumOne(
      float[] x,
      int[] places,
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
      sum = at(x, places[i] + a).fma(all(weights[i]), sum);
    }
    store(sum, row, target);
  }

  @Override
  public void addToPatch(float[] row, float[] x, int place, int[] offsets) {
    for (int v = 0; v < offsets.length; v++) {
      int target = place + offsets[v];
      at(x, target).add(at(row, v * LANES)).intoArray(x, target);
    }
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
  public void multiplyPatches(
      float[] x, int[] places, int count, int[] offsets, float[] row, int first, float[] products) {
    int i = 0;
    for (; i + 4 <= count; i += 4) {
      multiplyFour(x, places, i, offsets, row, first, products);
    }
    for (; i < count; i++) {
      multiplyOne(x, places, i, offsets, row, first, products);
    }
  }

  private static void multiplyFour(
      float[] x, int[] places, int i, int[] offsets, float[] row, int first, float[] products) {
    int a = places[i];
    int b = places[i + 1];
    int c = places[i + 2];
    int d = places[i + 3];
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
      float[] x, int[] places, int i, int[] offsets, float[] row, int first, float[] products) {
    int a = places[i];
    FloatVector sum = zero();
    for (int v = 0; v < offsets.length; v++) {
      sum = at(x, a + offsets[v]).fma(at(row, first + v * LANES), sum);
    }
    products[i] += sumOfLanes(sum);
  }

  @Override
  public void multiplyQuads(
      float[] x,
      int[] places,
      int count,
      int[] quadOffsets,
      float[] row,
      int first,
      float[] products) {
    int i = 0;
    for (; i + 4 <= count; i += 4) {
      multiplyFourByQuads(x, places, i, quadOffsets, row, first, products);
    }
    for (; i < count; i++) {
      multiplyOneByQuads(x, places, i, quadOffsets, row, first, products);
    }
  }

  private static void multiplyFourByQuads(
      float[] x, int[] places, int i, int[] offsets, float[] row, int first, float[] products) {
    int a = places[i];
    int b = places[i + 1];
    int c = places[i + 2];
    int d = places[i + 3];
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
      int place = first + v * QUAD * LANES;
      FloatVector factor0 = at(row, place);
      FloatVector factor1 = at(row, place + LANES);
      FloatVector factor2 = at(row, place + 2 * LANES);
      FloatVector factor3 = at(row, place + 3 * LANES);
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
      float[] x, int[] places, int i, int[] offsets, float[] row, int first, float[] products) {
    FloatVector sumA = zero();
    FloatVector sumB = zero();
    FloatVector sumC = zero();
    FloatVector sumD = zero();
    for (int v = 0; v < offsets.length; v++) {
      int source = places[i] + offsets[v];
      int place = first + v * QUAD * LANES;
      sumA = at(x, source).fma(at(row, place), sumA);
      sumB = at(x, source + LANES).fma(at(row, place + LANES), sumB);
      sumC = at(x, source + 2 * LANES).fma(at(row, place + 2 * LANES), sumC);
      sumD = at(x, source + 3 * LANES).fma(at(row, place + 3 * LANES), sumD);
    }
    products[i] +=
        sumOfLanes(asOwnClass(sumA).add(asOwnClass(sumC)), asOwnClass(sumB).add(asOwnClass(sumD)));
  }

  @Override
  public void multiplyTile(
      float[] a,
      int[] places,
      int row,
      int[] offsets,
      float[] b,
      int first,
      int[] steps,
      float[] c,
      int target,
      int width) {
    int last = places.length - 1;
    int row1 = Math.min(row + 1, last);
    int row2 = Math.min(row + 2, last);
    int row3 = Math.min(row + 3, last);
    int row4 = Math.min(row + 4, last);
    int row5 = Math.min(row + 5, last);
    int place0 = places[row];
    int place1 = places[row1];
    int place2 = places[row2];
    int place3 = places[row3];
    int place4 = places[row4];
    int place5 = places[row5];
    FloatVector left0 = zero();
    FloatVector left1 = zero();
    FloatVector left2 = zero();
    FloatVector left3 = zero();
    FloatVector left4 = zero();
    FloatVector left5 = zero();
    FloatVector right0 = zero();
    FloatVector right1 = zero();
    FloatVector right2 = zero();
    FloatVector right3 = zero();
    FloatVector right4 = zero();
    FloatVector right5 = zero();
    for (int k = 0; k < offsets.length; k++) {
      int offset = offsets[k];
      int source = first + steps[k];
      FloatVector left = at(b, source);
      FloatVector right = at(b, source + LANES);
      FloatVector factor = all(a[place0 + offset]);
      left0 = left.fma(factor, left0);
      right0 = right.fma(factor, right0);
      factor = all(a[place1 + offset]);
      left1 = left.fma(factor, left1);
      right1 = right.fma(factor, right1);
      factor = all(a[place2 + offset]);
      left2 = left.fma(factor, left2);
      right2 = right.fma(factor, right2);
      factor = all(a[place3 + offset]);
      left3 = left.fma(factor, left3);
      right3 = right.fma(factor, right3);
      factor = all(a[place4 + offset]);
      left4 = left.fma(factor, left4);
      right4 = right.fma(factor, right4);
      factor = all(a[place5 + offset]);
      left5 = left.fma(factor, left5);
      right5 = right.fma(factor, right5);
    }
    store(left0, c, target + row * width);
    store(right0, c, target + row * width + LANES);
    store(left1, c, target + row1 * width);
    store(right1, c, target + row1 * width + LANES);
    store(left2, c, target + row2 * width);
    store(right2, c, target + row2 * width + LANES);
    store(left3, c, target + row3 * width);
    store(right3, c, target + row3 * width + LANES);
    store(left4, c, target + row4 * width);
    store(right4, c, target + row4 * width + LANES);
    store(left5, c, target + row5 * width);
    store(right5, c, target + row5 * width + LANES);
  }

  @Override
  public void packColumns(
      float[] x, int base, int[] offsets, int from, int to, float[] columns, int place) {
    for (int i = from; i < to; i++) {
      at(x, base + offsets[i]).intoArray(columns, place + (i - from) * 3 * LANES);
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>As the loop counts the places in {@code columns}, these are checked once before it; the one
   * check that is left in it keeps the compiler from taking all factors before it uses the first,
   * for which there are not registers enough.
   */
  @Override
  public void multiplyPanel(float[] panels, int first, float[] columns, int depth, float[] tile) {
    FloatVector left0 = zero();
    FloatVector left1 = zero();
    FloatVector left2 = zero();
    FloatVector left3 = zero();
    FloatVector left4 = zero();
    FloatVector left5 = zero();
    FloatVector right0 = zero();
    FloatVector right1 = zero();
    FloatVector right2 = zero();
    FloatVector right3 = zero();
    FloatVector right4 = zero();
    FloatVector right5 = zero();
    int place = first;
    for (int source = 0; source < depth * 3 * LANES; source += 3 * LANES) {
      FloatVector left = at(columns, source);
      FloatVector right = at(columns, source + LANES);
      FloatVector factor = all(panels[place]);
      left0 = left.fma(factor, left0);
      right0 = right.fma(factor, right0);
      factor = all(panels[place + 1]);
      left1 = left.fma(factor, left1);
      right1 = right.fma(factor, right1);
      factor = all(panels[place + 2]);
      left2 = left.fma(factor, left2);
      right2 = right.fma(factor, right2);
      factor = all(panels[place + 3]);
      left3 = left.fma(factor, left3);
      right3 = right.fma(factor, right3);
      factor = all(panels[place + 4]);
      left4 = left.fma(factor, left4);
      right4 = right.fma(factor, right4);
      factor = all(panels[place + 5]);
      left5 = left.fma(factor, left5);
      right5 = right.fma(factor, right5);
      place += PANEL_ROWS;
    }
    store(left0, tile, 0);
    store(right0, tile, LANES);
    store(left1, tile, 2 * LANES);
    store(right1, tile, 3 * LANES);
    store(left2, tile, 4 * LANES);
    store(right2, tile, 5 * LANES);
    store(left3, tile, 6 * LANES);
    store(right3, tile, 7 * LANES);
    store(left4, tile, 8 * LANES);
    store(right4, tile, 9 * LANES);
    store(left5, tile, 10 * LANES);
    store(right5, tile, 11 * LANES);
  }

  @Override
  public void putTile(float[] tile, float[] c, int target, int width, int rows) {
    for (int r = 0; r < rows; r++) {
      int place = target + r * width;
      at(tile, 2 * r * LANES).intoArray(c, place);
      at(tile, (2 * r + 1) * LANES).intoArray(c, place + LANES);
    }
  }

  @Override
  public void addTile(float[] tile, float[] c, int target, int width, int rows) {
    for (int r = 0; r < rows; r++) {
      int place = target + r * width;
      at(c, place).add(at(tile, 2 * r * LANES)).intoArray(c, place);
      at(c, place + LANES).add(at(tile, (2 * r + 1) * LANES)).intoArray(c, place + LANES);
    }
  }

  @Override
  public void multiplyStrip(
      float[] panel, int start, float[] b, int first, int depth, int width, float[] c, int target) {
    FloatVector left0 = zero();
    FloatVector left1 = zero();
    FloatVector left2 = zero();
    FloatVector left3 = zero();
    FloatVector left4 = zero();
    FloatVector right0 = zero();
    FloatVector right1 = zero();
    FloatVector right2 = zero();
    FloatVector right3 = zero();
    FloatVector right4 = zero();
    int place = start;
    int source = first;
    for (int k = 0; k < depth; k++) {
      FloatVector left = at(b, source);
      FloatVector right = at(b, source + LANES);
      FloatVector factor = all(panel[place]);
      left0 = left.fma(factor, left0);
      right0 = right.fma(factor, right0);
      factor = all(panel[place + 1]);
      left1 = left.fma(factor, left1);
      right1 = right.fma(factor, right1);
      factor = all(panel[place + 2]);
      left2 = left.fma(factor, left2);
      right2 = right.fma(factor, right2);
      factor = all(panel[place + 3]);
      left3 = left.fma(factor, left3);
      right3 = right.fma(factor, right3);
      factor = all(panel[place + 4]);
      left4 = left.fma(factor, left4);
      right4 = right.fma(factor, right4);
      place += GROUP;
      source += width;
    }
    store(left0, c, target);
    store(right0, c, target + LANES);
    store(left1, c, target + width);
    store(right1, c, target + width + LANES);
    store(left2, c, target + 2 * width);
    store(right2, c, target + 2 * width + LANES);
    store(left3, c, target + 3 * width);
    store(right3, c, target + 3 * width + LANES);
    store(left4, c, target + 4 * width);
    store(right4, c, target + 4 * width + LANES);
  }

  @Override
  public void multiplyRows(
      float[] a,
      int row,
      int other,
      float[] b,
      int first,
      int depth,
      float[] c,
      int target,
      int otherTarget) {
    FloatVector sum0 = zero();
    FloatVector sum1 = zero();
    FloatVector sum2 = zero();
    FloatVector sum3 = zero();
    FloatVector sum4 = zero();
    FloatVector other0 = zero();
    FloatVector other1 = zero();
    FloatVector other2 = zero();
    FloatVector other3 = zero();
    FloatVector other4 = zero();
    for (int k = 0; k < depth; k += LANES) {
      FloatVector x = at(a, row + k);
      FloatVector y = at(a, other + k);
      int place = first + GROUP * k;
      FloatVector factor = at(b, place);
      sum0 = x.fma(factor, sum0);
      other0 = y.fma(factor, other0);
      factor = at(b, place + LANES);
      sum1 = x.fma(factor, sum1);
      other1 = y.fma(factor, other1);
      factor = at(b, place + 2 * LANES);
      sum2 = x.fma(factor, sum2);
      other2 = y.fma(factor, other2);
      factor = at(b, place + 3 * LANES);
      sum3 = x.fma(factor, sum3);
      other3 = y.fma(factor, other3);
      factor = at(b, place + 4 * LANES);
      sum4 = x.fma(factor, sum4);
      other4 = y.fma(factor, other4);
    }
    c[target] = sumOfLanes(sum0);
    c[target + 1] = sumOfLanes(sum1);
    c[target + 2] = sumOfLanes(sum2);
    c[target + 3] = sumOfLanes(sum3);
    c[target + 4] = sumOfLanes(sum4);
    c[otherTarget] = sumOfLanes(other0);
    c[otherTarget + 1] = sumOfLanes(other1);
    c[otherTarget + 2] = sumOfLanes(other2);
    c[otherTarget + 3] = sumOfLanes(other3);
    c[otherTarget + 4] = sumOfLanes(other4);
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
