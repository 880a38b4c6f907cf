package org.samplegrad.core.backend.cpu.elementwise;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.backend.cpu.kernels.Loops;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.SparseElements;
import org.samplegrad.core.backend.cpu.memory.Workspace;

/** Sums and maxima over axes. */
public final class CpuReductions {
  private final Workspace workspace;

  public CpuReductions(Workspace workspace) {
    this.workspace = workspace;
  }

  public CpuTensor sum(CpuTensor x, int... axes) {
    Shape shape = ShapeRules.reduced(x.shape(), axes);
    boolean[] reduced = new boolean[x.shape().rank()];
    for (int axis : axes) {
      reduced[axis] = true;
    }
    SparseElements sparse = x.sparse();
    if (sparse != null && Arrays.equals(axes, spatialAxes(x.shape()))) {
      return sumOfImages(sparse, shape);
    }
    int[] extents = x.shape().extents();
    CpuTensor partial = x;
    for (int axis = extents.length - 1; axis >= 0; axis--) {
      if (!reduced[axis]) {
        continue;
      }
      int last = axis;
      int terms = extents[axis];
      while (axis > 0 && reduced[axis - 1]) {
        axis--;
        terms *= extents[axis];
      }
      int inner = CpuArrangement.size(extents, last + 1, extents.length);
      int outer = CpuArrangement.size(extents, 0, axis);
      Arrays.fill(extents, axis, last + 1, 1);
      partial = sumOfMiddle(partial, outer, terms, inner, Shape.of(extents));
    }
    return partial == x ? x.reshaped(shape) : partial;
  }

  private static int[] spatialAxes(Shape images) {
    return IntStream.range(2, images.rank()).toArray();
  }

  /** {@code [n,c,...] -> [n,c]} where the images have a support. */
  private CpuTensor sumOfImages(SparseElements x, Shape shape) {
    CpuTensor result = workspace.inArray(shape);
    for (int image = 0; image < shape.size(); image++) {
      result.array()[image] = (float) x.sum(image);
    }
    return result;
  }

  /** {@code [outer, terms, inner] -> [outer, inner]}, each sum in float64. */
  private CpuTensor sumOfMiddle(CpuTensor x, int outer, int terms, int inner, Shape shape) {
    CpuTensor result = workspace.inArray(shape);
    float[] from = x.array();
    float[] to = result.array();
    if (inner == 1) {
      for (int o = 0; o < outer; o++) {
        to[o] = (float) Loops.sum(from, o * terms, (o + 1) * terms);
      }
      return result;
    }
    double[] sums = new double[inner];
    for (int o = 0; o < outer; o++) {
      Arrays.fill(sums, 0);
      for (int t = 0; t < terms; t++) {
        int first = (o * terms + t) * inner;
        for (int i = 0; i < inner; i++) {
          sums[i] += from[first + i];
        }
      }
      for (int i = 0; i < inner; i++) {
        to[o * inner + i] = (float) sums[i];
      }
    }
    return result;
  }

  public CpuTensor max(CpuTensor x, int axis) {
    CpuTensor result = workspace.inArray(ShapeRules.reduced(x.shape(), axis));
    int[] extents = x.shape().extents();
    int outer = CpuArrangement.size(extents, 0, axis);
    int inner = CpuArrangement.size(extents, axis + 1, extents.length);
    float[] from = x.array();
    float[] to = result.array();
    for (int o = 0; o < outer; o++) {
      for (int i = 0; i < inner; i++) {
        int first = o * extents[axis] * inner + i;
        to[o * inner + i] = Loops.max(from, first, first + extents[axis] * inner, inner);
      }
    }
    return result;
  }
}
