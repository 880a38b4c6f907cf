package org.samplegrad.core.backend.cpu.elementwise;

import java.util.Arrays;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Workspace;

/** The primitives that copy elements to other indices. */
public final class CpuArrangement {
  private final Workspace workspace;

  public CpuArrangement(Workspace workspace) {
    this.workspace = workspace;
  }

  public CpuTensor transpose(CpuTensor x, int... axes) {
    CpuTensor result = workspace.inArray(ShapeRules.transposed(x.shape(), axes));
    int rank = axes.length;
    int[] strides = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      strides[axis] = size(x.shape().extents(), axes[axis] + 1, rank);
    }
    transpose(x.array(), 0, result.array(), 0, result.shape(), strides, 0);
    return result;
  }

  /** Copies the elements from an axis of the result on; returns where the next ones go. */
  private static int transpose(
      float[] from, int first, float[] to, int target, Shape shape, int[] strides, int axis) {
    if (axis == strides.length) {
      to[target] = from[first];
      return target + 1;
    }
    int extent = shape.extent(axis);
    int stride = strides[axis];
    if (axis == strides.length - 1) {
      if (stride == 1) {
        System.arraycopy(from, first, to, target, extent);
      } else {
        for (int i = 0; i < extent; i++) {
          to[target + i] = from[first + i * stride];
        }
      }
      return target + extent;
    }
    int next = target;
    for (int i = 0; i < extent; i++) {
      next = transpose(from, first + i * stride, to, next, shape, strides, axis + 1);
    }
    return next;
  }

  /** The tensor itself if it has the shape. */
  public CpuTensor broadcastTo(CpuTensor x, Shape shape) {
    ShapeRules.requireBroadcast(x.shape(), shape);
    if (x.shape().equals(shape)) {
      return x;
    }
    CpuTensor result = workspace.inArray(shape);
    new Broadcasting(x.shape(), shape).copy(x.array(), result.array());
    return result;
  }

  public CpuTensor slice(CpuTensor x, int axis, int from, int to) {
    CpuTensor result = workspace.inArray(ShapeRules.sliced(x.shape(), axis, from, to));
    int[] extents = x.shape().extents();
    int inner = size(extents, axis + 1, extents.length);
    int length = (to - from) * inner;
    float[] source = x.array();
    for (int o = 0; o < size(extents, 0, axis); o++) {
      System.arraycopy(
          source, (o * extents[axis] + from) * inner, result.array(), o * length, length);
    }
    return result;
  }

  public CpuTensor pad(CpuTensor x, int axis, int before, int after) {
    CpuTensor result = workspace.inArray(ShapeRules.padded(x.shape(), axis, before, after));
    Arrays.fill(result.array(), 0, result.size(), 0f);
    int[] extents = x.shape().extents();
    int inner = size(extents, axis + 1, extents.length);
    int length = extents[axis] * inner;
    int padded = result.shape().extent(axis) * inner;
    float[] source = x.array();
    for (int o = 0; o < size(extents, 0, axis); o++) {
      System.arraycopy(source, o * length, result.array(), o * padded + before * inner, length);
    }
    return result;
  }

  /** The product of the extents of the axes {@code [from, to)}. */
  static int size(int[] extents, int from, int to) {
    int size = 1;
    for (int axis = from; axis < to; axis++) {
      size *= extents[axis];
    }
    return size;
  }
}
