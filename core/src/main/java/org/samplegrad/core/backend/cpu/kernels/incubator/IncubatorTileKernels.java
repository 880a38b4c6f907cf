package org.samplegrad.core.backend.cpu.kernels.incubator;

import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.LANES;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.all;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.at;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.store;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.sumOfLanes;
import static org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectors.zero;

import jdk.incubator.vector.FloatVector;
import org.samplegrad.core.backend.cpu.kernels.TileKernels;

/** {@link TileKernels} by the vectors of the incubating module; see {@link IncubatorVectors}. */
final class IncubatorTileKernels implements TileKernels {
  private static final int STRIP_WIDTH = (TILE_VECTORS + 1) * LANES;

  @Override
  public int stripWidth() {
    return STRIP_WIDTH;
  }

  @Override
  public void multiplyTile(
      float[] a,
      int[] rowStarts,
      int row,
      int[] offsets,
      float[] b,
      int first,
      int[] steps,
      float[] c,
      int target,
      int width) {
    int last = rowStarts.length - 1;
    int row1 = Math.min(row + 1, last);
    int row2 = Math.min(row + 2, last);
    int row3 = Math.min(row + 3, last);
    int row4 = Math.min(row + 4, last);
    int row5 = Math.min(row + 5, last);
    int start0 = rowStarts[row];
    int start1 = rowStarts[row1];
    int start2 = rowStarts[row2];
    int start3 = rowStarts[row3];
    int start4 = rowStarts[row4];
    int start5 = rowStarts[row5];
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
      FloatVector factor = all(a[start0 + offset]);
      left0 = left.fma(factor, left0);
      right0 = right.fma(factor, right0);
      factor = all(a[start1 + offset]);
      left1 = left.fma(factor, left1);
      right1 = right.fma(factor, right1);
      factor = all(a[start2 + offset]);
      left2 = left.fma(factor, left2);
      right2 = right.fma(factor, right2);
      factor = all(a[start3 + offset]);
      left3 = left.fma(factor, left3);
      right3 = right.fma(factor, right3);
      factor = all(a[start4 + offset]);
      left4 = left.fma(factor, left4);
      right4 = right.fma(factor, right4);
      factor = all(a[start5 + offset]);
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
      float[] x, int base, int[] offsets, int from, int to, float[] columns, int index) {
    for (int i = from; i < to; i++) {
      at(x, base + offsets[i]).intoArray(columns, index + (i - from) * STRIP_WIDTH);
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>As the loop counts the indices of {@code columns}, these are checked once before it; the one
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
    int index = first;
    for (int source = 0; source < depth * STRIP_WIDTH; source += STRIP_WIDTH) {
      FloatVector left = at(columns, source);
      FloatVector right = at(columns, source + LANES);
      FloatVector factor = all(panels[index]);
      left0 = left.fma(factor, left0);
      right0 = right.fma(factor, right0);
      factor = all(panels[index + 1]);
      left1 = left.fma(factor, left1);
      right1 = right.fma(factor, right1);
      factor = all(panels[index + 2]);
      left2 = left.fma(factor, left2);
      right2 = right.fma(factor, right2);
      factor = all(panels[index + 3]);
      left3 = left.fma(factor, left3);
      right3 = right.fma(factor, right3);
      factor = all(panels[index + 4]);
      left4 = left.fma(factor, left4);
      right4 = right.fma(factor, right4);
      factor = all(panels[index + 5]);
      left5 = left.fma(factor, left5);
      right5 = right.fma(factor, right5);
      index += PANEL_ROWS;
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
      int index = target + r * width;
      at(tile, 2 * r * LANES).intoArray(c, index);
      at(tile, (2 * r + 1) * LANES).intoArray(c, index + LANES);
    }
  }

  @Override
  public void addTile(float[] tile, float[] c, int target, int width, int rows) {
    for (int r = 0; r < rows; r++) {
      int index = target + r * width;
      at(c, index).add(at(tile, 2 * r * LANES)).intoArray(c, index);
      at(c, index + LANES).add(at(tile, (2 * r + 1) * LANES)).intoArray(c, index + LANES);
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
    int index = start;
    int source = first;
    for (int k = 0; k < depth; k++) {
      FloatVector left = at(b, source);
      FloatVector right = at(b, source + LANES);
      FloatVector factor = all(panel[index]);
      left0 = left.fma(factor, left0);
      right0 = right.fma(factor, right0);
      factor = all(panel[index + 1]);
      left1 = left.fma(factor, left1);
      right1 = right.fma(factor, right1);
      factor = all(panel[index + 2]);
      left2 = left.fma(factor, left2);
      right2 = right.fma(factor, right2);
      factor = all(panel[index + 3]);
      left3 = left.fma(factor, left3);
      right3 = right.fma(factor, right3);
      factor = all(panel[index + 4]);
      left4 = left.fma(factor, left4);
      right4 = right.fma(factor, right4);
      index += GROUP;
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
  public void multiplyStretches(
      float[] panel,
      int start,
      float[] b,
      int first,
      int[] stretches,
      float[] c,
      int target,
      int width) {
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
    int index = start;
    for (int k = 0; k < stretches.length; k++) {
      int source = first + stretches[k];
      FloatVector left = at(b, source);
      FloatVector right = at(b, source + LANES);
      FloatVector factor = all(panel[index]);
      left0 = left.fma(factor, left0);
      right0 = right.fma(factor, right0);
      factor = all(panel[index + 1]);
      left1 = left.fma(factor, left1);
      right1 = right.fma(factor, right1);
      factor = all(panel[index + 2]);
      left2 = left.fma(factor, left2);
      right2 = right.fma(factor, right2);
      factor = all(panel[index + 3]);
      left3 = left.fma(factor, left3);
      right3 = right.fma(factor, right3);
      factor = all(panel[index + 4]);
      left4 = left.fma(factor, left4);
      right4 = right.fma(factor, right4);
      index += GROUP;
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
  public void multiplyWithSquares(
      float[] panel,
      int start,
      float[] b,
      int first,
      int depth,
      int width,
      float[] c,
      float[] squares,
      int target) {
    FloatVector sum0 = zero();
    FloatVector sum1 = zero();
    FloatVector sum2 = zero();
    FloatVector sum3 = zero();
    FloatVector sum4 = zero();
    FloatVector square0 = zero();
    FloatVector square1 = zero();
    FloatVector square2 = zero();
    FloatVector square3 = zero();
    FloatVector square4 = zero();
    int index = start;
    int source = first;
    for (int k = 0; k < depth; k++) {
      FloatVector x = at(b, source);
      FloatVector product0 = x.mul(all(panel[index]));
      sum0 = sum0.add(product0);
      square0 = product0.fma(product0, square0);
      FloatVector product1 = x.mul(all(panel[index + 1]));
      sum1 = sum1.add(product1);
      square1 = product1.fma(product1, square1);
      FloatVector product2 = x.mul(all(panel[index + 2]));
      sum2 = sum2.add(product2);
      square2 = product2.fma(product2, square2);
      FloatVector product3 = x.mul(all(panel[index + 3]));
      sum3 = sum3.add(product3);
      square3 = product3.fma(product3, square3);
      FloatVector product4 = x.mul(all(panel[index + 4]));
      sum4 = sum4.add(product4);
      square4 = product4.fma(product4, square4);
      index += GROUP;
      source += width;
    }
    store(sum0, c, target);
    store(sum1, c, target + width);
    store(sum2, c, target + 2 * width);
    store(sum3, c, target + 3 * width);
    store(sum4, c, target + 4 * width);
    store(square0, squares, target);
    store(square1, squares, target + width);
    store(square2, squares, target + 2 * width);
    store(square3, squares, target + 3 * width);
    store(square4, squares, target + 4 * width);
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
      int index = first + GROUP * k;
      FloatVector factor = at(b, index);
      sum0 = x.fma(factor, sum0);
      other0 = y.fma(factor, other0);
      factor = at(b, index + LANES);
      sum1 = x.fma(factor, sum1);
      other1 = y.fma(factor, other1);
      factor = at(b, index + 2 * LANES);
      sum2 = x.fma(factor, sum2);
      other2 = y.fma(factor, other2);
      factor = at(b, index + 3 * LANES);
      sum3 = x.fma(factor, sum3);
      other3 = y.fma(factor, other3);
      factor = at(b, index + 4 * LANES);
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
}
