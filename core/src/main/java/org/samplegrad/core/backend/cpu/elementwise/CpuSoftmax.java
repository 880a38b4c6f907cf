package org.samplegrad.core.backend.cpu.elementwise;

import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.backend.cpu.kernels.Loops;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Workspace;

/**
 * The softmax primitives by one loop over the scores of each place, with sums in float64. What
 * belongs to the largest probability is made of sums over the others, so that no difference to 1 is
 * taken.
 */
public final class CpuSoftmax {
  private final Workspace workspace;
  private final CpuElementwise elementwise;

  public CpuSoftmax(Workspace workspace, CpuElementwise elementwise) {
    this.workspace = workspace;
    this.elementwise = elementwise;
  }

  /** What is done with the scores at {@code first, first + step, ..., last - step}. */
  @FunctionalInterface
  private interface OfScores {
    void at(int first, int last, int step);
  }

  private static void forEachPlace(CpuTensor x, int axis, OfScores work) {
    int[] extents = x.shape().extents();
    int step = CpuArrangement.size(extents, axis + 1, extents.length);
    int length = extents[axis] * step;
    for (int outer = 0; outer < x.size(); outer += length) {
      for (int first = outer; first < outer + step; first++) {
        work.at(first, first + length, step);
      }
    }
  }

  private static int indexOfLargest(float[] x, int first, int last, int step) {
    int largest = first;
    for (int i = first + step; i < last; i += step) {
      if (x[i] > x[largest]) {
        largest = i;
      }
    }
    return largest;
  }

  public CpuTensor softmax(CpuTensor x, int axis) {
    ShapeRules.reduced(x.shape(), axis);
    CpuTensor shifted = workspace.inArray(x.shape());
    float[] from = x.array();
    float[] to = shifted.array();
    forEachPlace(
        x,
        axis,
        (first, last, step) -> {
          float largest = Loops.max(from, first, last, step);
          for (int i = first; i < last; i += step) {
            to[i] = from[i] - largest;
          }
        });
    CpuTensor result = elementwise.exp(shifted);
    float[] p = result.array();
    forEachPlace(
        x,
        axis,
        (first, last, step) -> {
          double sum = 0;
          for (int i = first; i < last; i += step) {
            sum += p[i];
          }
          double factor = 1 / sum;
          for (int i = first; i < last; i += step) {
            p[i] = (float) (p[i] * factor);
          }
        });
    return result;
  }

  public CpuTensor logSoftmax(CpuTensor x, CpuTensor probabilities, int axis) {
    ShapeRules.requireSameShape(x.shape(), probabilities.shape());
    CpuTensor result = workspace.inArray(x.shape());
    float[] from = x.array();
    float[] p = probabilities.array();
    float[] to = result.array();
    forEachPlace(
        x,
        axis,
        (first, last, step) -> {
          int largest = indexOfLargest(p, first, last, step);
          double others = 0;
          for (int i = first; i < last; i += step) {
            others += i == largest ? 0 : p[i];
          }
          double logarithm = Math.log1p(others / p[largest]);
          double reference = from[largest];
          for (int i = first; i < last; i += step) {
            to[i] = (float) (from[i] - reference - logarithm);
          }
        });
    return result;
  }

  /** {@code (u_k - u_m) - sum_j p_j (u_j - u_m)}. */
  public CpuTensor logSoftmaxPushForward(CpuTensor probabilities, CpuTensor tangent, int axis) {
    ShapeRules.requireSameShape(probabilities.shape(), tangent.shape());
    CpuTensor result = workspace.inArray(tangent.shape());
    float[] p = probabilities.array();
    float[] u = tangent.array();
    float[] to = result.array();
    forEachPlace(
        tangent,
        axis,
        (first, last, step) -> {
          double reference = u[indexOfLargest(p, first, last, step)];
          double mean = 0;
          for (int i = first; i < last; i += step) {
            mean += p[i] * (u[i] - reference);
          }
          for (int i = first; i < last; i += step) {
            to[i] = (float) (u[i] - reference - mean);
          }
        });
    return result;
  }

  /** {@code t_k - p_k sum_j t_j}, and {@code t_m (1 - p_m) - p_m (the others' sum of t)}. */
  public CpuTensor logSoftmaxPullBack(CpuTensor probabilities, CpuTensor cotangent, int axis) {
    ShapeRules.requireSameShape(probabilities.shape(), cotangent.shape());
    CpuTensor result = workspace.inArray(cotangent.shape());
    float[] p = probabilities.array();
    float[] t = cotangent.array();
    float[] to = result.array();
    forEachPlace(
        cotangent,
        axis,
        (first, last, step) -> {
          int largest = indexOfLargest(p, first, last, step);
          double complement = 0;
          double ofOthers = 0;
          for (int i = first; i < last; i += step) {
            complement += i == largest ? 0 : p[i];
            ofOthers += i == largest ? 0 : t[i];
          }
          double sum = ofOthers + t[largest];
          for (int i = first; i < last; i += step) {
            to[i] = (float) (t[i] - p[i] * sum);
          }
          to[largest] = (float) (t[largest] * complement - p[largest] * ofOthers);
        });
    return result;
  }
}
