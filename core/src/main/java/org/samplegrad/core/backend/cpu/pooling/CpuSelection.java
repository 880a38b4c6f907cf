package org.samplegrad.core.backend.cpu.pooling;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.Pooled;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.SparseElements;
import org.samplegrad.core.backend.cpu.memory.Support;
import org.samplegrad.core.backend.cpu.memory.Supports;
import org.samplegrad.core.backend.cpu.memory.Workspace;

/** Max pools, and elements by their indices. */
public final class CpuSelection {
  private final Workspace workspace;
  private final Supports supports;

  private final VectorKernels kernels;

  private final Map<List<Object>, Pooling> poolings = new HashMap<>();

  public CpuSelection(Workspace workspace, VectorKernels kernels) {
    this.workspace = workspace;
    this.supports = workspace.supports();
    this.kernels = kernels;
  }

  public Indices maxPoolIndices(CpuTensor x, Window window) {
    Shape pooled = ShapeRules.pooled(x.shape(), window);
    int[] extents = ShapeRules.spatialExtents(x.shape());
    int[] positions = new int[pooled.size()];
    pooling(extents, window).findMaxima(x.array(), x.shape().size(), positions);
    return Indices.owning(pooled, positions, x.shape().size());
  }

  /** Null where finding the indices first is as good. */
  public Pooled maxPool(CpuTensor x, Window window) {
    if (!(x.storage().deferred() instanceof Poolable deferred)) {
      return null;
    }
    CpuTensor values = workspace.inArray(ShapeRules.pooled(x.shape(), window));
    int[] positions = new int[values.size()];
    Pooling pooling = pooling(ShapeRules.spatialExtents(x.shape()), window);
    deferred.pool(pooling, values.array(), positions);
    return new Pooled(values, Indices.owning(values.shape(), positions, x.shape().size()));
  }

  private Pooling pooling(int[] extents, Window window) {
    return poolings.computeIfAbsent(
        List.of(window, Shape.of(extents)),
        key -> new Pooling(kernels, window, Shape.of(extents).size(), extents));
  }

  public CpuTensor gather(CpuTensor x, Indices indices) {
    ShapeRules.requireGather(x.shape(), indices);
    CpuTensor result = workspace.inArray(indices.shape());
    SparseElements sparse = x.sparse();
    if (sparse != null && sparse.support().isOf(indices)) {
      sparse.support().gather(sparse.values(), result.array());
      return result;
    }
    float[] from = x.array();
    float[] to = result.array();
    for (int i = 0; i < indices.size(); i++) {
      to[i] = from[indices.position(i)];
    }
    return result;
  }

  public CpuTensor scatterAdd(CpuTensor x, Indices indices, Shape shape) {
    ShapeRules.requireScatter(x.shape(), indices, shape);
    Support support = kernels.areVectors() ? supports.of(x, indices, shape) : null;
    if (support != null) {
      CpuTensor result = workspace.sparse(shape, support);
      support.scatterAdd(x.array(), result.sparse().values());
      return result;
    }
    CpuTensor result = workspace.zeros(shape);
    float[] from = x.array();
    float[] to = result.array();
    for (int i = 0; i < indices.size(); i++) {
      to[indices.position(i)] += from[i];
    }
    return result;
  }
}
