package org.samplegrad.core.backend.cpu.elementwise;

import org.samplegrad.core.backend.LogProbabilities;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.backend.cpu.kernels.Loops;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Workspace;

/**
 * The softmax primitives by loops over the scores of each place, with sums in float64. These tell
 * the complement of a probability from 1 as long as float32 does. Nearer to 1 it is made of sums
 * over the other scores, so that no difference is taken.
 */
public final class CpuSoftmax {
  /** A probability, or a sum beside the largest exponential, whose complement is taken apart. */
  private static final float SURE = 1 - 0x1p-22f;

  private final Workspace workspace;
  private final CpuElementwise elementwise;

  public CpuSoftmax(Workspace workspace, CpuElementwise elementwise) {
    this.workspace = workspace;
    this.elementwise = elementwise;
  }

  /** What is made of the elements {@code [from, to)} of two arrays in those of the result. */
  @FunctionalInterface
  private interface Row {
    void apply(float[] a, float[] b, float[] result, int from, int to);
  }

  /** Scores that do not lie side by side are brought together for each place in turn. */
  private CpuTensor eachRow(Row row, CpuTensor a, CpuTensor b, int axis) {
    CpuTensor result = workspace.inArray(a.shape());
    int[] extents = a.shape().extents();
    int scores = extents[axis];
    int step = CpuArrangement.size(extents, axis + 1, extents.length);
    if (step == 1) {
      for (int first = 0; first < a.size(); first += scores) {
        row.apply(a.array(), b.array(), result.array(), first, first + scores);
      }
      return result;
    }
    float[][] buffers = new float[3][scores];
    for (int outer = 0; outer < a.size(); outer += scores * step) {
      for (int first = outer; first < outer + step; first++) {
        for (int k = 0; k < scores; k++) {
          buffers[0][k] = a.array()[first + k * step];
          buffers[1][k] = b.array()[first + k * step];
        }
        row.apply(buffers[0], buffers[1], buffers[2], 0, scores);
        for (int k = 0; k < scores; k++) {
          result.array()[first + k * step] = buffers[2][k];
        }
      }
    }
    return result;
  }

  public CpuTensor softmax(CpuTensor x, int axis) {
    return normalised(exponentials(shifted(x, axis)), axis);
  }

  public LogProbabilities logSoftmax(CpuTensor x, int axis) {
    CpuTensor shifted = shifted(x, axis);
    CpuTensor exponentials = exponentials(shifted);
    return new LogProbabilities(
        eachRow(CpuSoftmax::logarithms, exponentials, shifted, axis),
        normalised(exponentials, axis));
  }

  private CpuTensor shifted(CpuTensor x, int axis) {
    ShapeRules.reduced(x.shape(), axis);
    return eachRow(CpuSoftmax::shift, x, x, axis);
  }

  private CpuTensor exponentials(CpuTensor shifted) {
    return elementwise.exp(shifted);
  }

  private CpuTensor normalised(CpuTensor exponentials, int axis) {
    return eachRow(CpuSoftmax::normalise, exponentials, exponentials, axis);
  }

  /** Relative to the largest score; NaN where that is infinite, or where a score is NaN. */
  private static void shift(float[] x, float[] same, float[] y, int from, int to) {
    float largest = x[from];
    for (int i = from + 1; i < to; i++) {
      largest = x[i] > largest ? x[i] : largest;
    }
    for (int i = from; i < to; i++) {
      y[i] = x[i] - largest;
    }
  }

  private static void normalise(float[] e, float[] same, float[] p, int from, int to) {
    float factor = (float) (1 / Loops.sum(e, from, to));
    for (int i = from; i < to; i++) {
      p[i] = e[i] * factor;
    }
  }

  private static void logarithms(float[] e, float[] shifted, float[] y, int from, int to) {
    double sum = Loops.sum(e, from, to);
    float logarithm = (float) (sum * SURE > 1 ? Math.log(sum) : logarithmOfNearlyOne(e, from, to));
    for (int i = from; i < to; i++) {
      y[i] = shifted[i] - logarithm;
    }
  }

  /** {@code log(1 + s) = s - s^2/2} with the sum {@code s} over all but the largest, which is 1. */
  private static double logarithmOfNearlyOne(float[] e, int from, int to) {
    double others = sumOfOthers(e, indexOfLargest(e, from, to), from, to);
    return others - others * others / 2;
  }

  /** {@code sum_j p_j (u_k - u_j)}. */
  public CpuTensor logSoftmaxPushForward(CpuTensor probabilities, CpuTensor tangent, int axis) {
    ShapeRules.requireSameShape(probabilities.shape(), tangent.shape());
    return eachRow(CpuSoftmax::pushForward, probabilities, tangent, axis);
  }

  private static void pushForward(float[] p, float[] u, float[] y, int from, int to) {
    double reference = 0;
    double mean = 0;
    if (isSure(p, from, to)) {
      reference = u[indexOfLargest(p, from, to)];
      for (int i = from; i < to; i++) {
        mean += p[i] * (u[i] - reference);
      }
    } else {
      double sum = Loops.sum(p, from, to);
      mean = sumOfProducts(p, u, from, to) / sum;
    }
    for (int i = from; i < to; i++) {
      y[i] = (float) (u[i] - reference - mean);
    }
  }

  /** {@code t_k - p_k sum_j t_j}. */
  public CpuTensor logSoftmaxPullBack(CpuTensor probabilities, CpuTensor cotangent, int axis) {
    ShapeRules.requireSameShape(probabilities.shape(), cotangent.shape());
    return eachRow(CpuSoftmax::pullBack, probabilities, cotangent, axis);
  }

  /** The complement of a rounded probability is what the other rounded ones add up to. */
  private static void pullBack(float[] p, float[] t, float[] y, int from, int to) {
    double one = Loops.sum(p, from, to);
    double sum = Loops.sum(t, from, to);
    for (int i = from; i < to; i++) {
      y[i] = (float) (t[i] * one - p[i] * sum);
    }
    if (isSure(p, from, to)) {
      int largest = indexOfLargest(p, from, to);
      double complement = sumOfOthers(p, largest, from, to);
      double ofOthers = sumOfOthers(t, largest, from, to);
      y[largest] = (float) (t[largest] * complement - p[largest] * ofOthers);
    }
  }

  private static boolean isSure(float[] p, int from, int to) {
    for (int i = from; i < to; i++) {
      if (p[i] > SURE) {
        return true;
      }
    }
    return false;
  }

  private static int indexOfLargest(float[] x, int from, int to) {
    int largest = from;
    for (int i = from + 1; i < to; i++) {
      if (x[i] > x[largest]) {
        largest = i;
      }
    }
    return largest;
  }

  private static double sumOfOthers(float[] x, int left, int from, int to) {
    return Loops.sum(x, from, left) + Loops.sum(x, left + 1, to);
  }

  private static double sumOfProducts(float[] a, float[] b, int from, int to) {
    double even = 0;
    double odd = 0;
    int i = from;
    for (; i + 1 < to; i += 2) {
      even += (double) a[i] * b[i];
      odd += (double) a[i + 1] * b[i + 1];
    }
    return i < to ? even + odd + (double) a[i] * b[i] : even + odd;
  }
}
