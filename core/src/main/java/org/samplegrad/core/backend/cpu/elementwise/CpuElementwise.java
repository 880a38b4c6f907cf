package org.samplegrad.core.backend.cpu.elementwise;

import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.backend.cpu.kernels.Loops;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.SparseElements;
import org.samplegrad.core.backend.cpu.memory.Support;
import org.samplegrad.core.backend.cpu.memory.Workspace;
import org.samplegrad.core.backend.cpu.products.DeferredProduct;

/** The primitives whose elements depend on those at the same index, by {@link Loops}. */
public final class CpuElementwise {
  /** Shorter rows are not worth a loop of their own. */
  private static final int LEAST_ROW = 32;

  private final Workspace workspace;
  private final CpuArrangement arrangement;

  private final VectorKernels kernels;

  public CpuElementwise(Workspace workspace, CpuArrangement arrangement, VectorKernels kernels) {
    this.workspace = workspace;
    this.arrangement = arrangement;
    this.kernels = kernels;
  }

  public CpuTensor add(CpuTensor a, CpuTensor b) {
    if (a.shape().equals(b.shape())) {
      CpuTensor sum = sumInKind(a, b);
      if (sum != null) {
        return sum;
      }
    }
    return a.shape().size() < b.shape().size()
        ? binary(Loops::add, Loops::add, b, a)
        : binary(Loops::add, Loops::add, a, b);
  }

  /** The sum of products as such, or of sparse elements as such; null if they are not alike. */
  private CpuTensor sumInKind(CpuTensor a, CpuTensor b) {
    if (a.storage().deferred() instanceof DeferredProduct product
        && b.storage().deferred() instanceof DeferredProduct other
        && product.isLike(other)) {
      return workspace.deferred(a.shape(), product.plus(other));
    }
    SparseElements left = a.sparse();
    SparseElements right = b.sparse();
    if (left != null && right != null && left.support() == right.support()) {
      CpuTensor result = workspace.sparse(a.shape(), left.support());
      int end = left.support().end();
      Loops.add(left.values(), right.values(), result.sparse().values(), 0, end);
      return result;
    }
    return null;
  }

  public CpuTensor subtract(CpuTensor a, CpuTensor b) {
    return binary(Loops::subtract, a, b);
  }

  public CpuTensor multiply(CpuTensor a, CpuTensor b) {
    return a.shape().size() < b.shape().size()
        ? binary(Loops::multiply, Loops::scale, b, a)
        : binary(Loops::multiply, Loops::scale, a, b);
  }

  public CpuTensor divide(CpuTensor a, CpuTensor b) {
    return binary(Loops::divide, a, b);
  }

  private CpuTensor binary(Loops.Binary loop, CpuTensor a, CpuTensor b) {
    Shape shape = Shape.broadcast(a.shape(), b.shape());
    CpuTensor result = workspace.inArray(shape);
    loop.apply(
        arrangement.broadcastTo(a, shape).array(),
        arrangement.broadcastTo(b, shape).array(),
        result.array(),
        0,
        result.size());
    return result;
  }

  /** With a number for each row of {@code a} where {@code b} allows, without writing it out. */
  private CpuTensor binary(
      Loops.Binary loop, Loops.ByNumber loopByNumber, CpuTensor a, CpuTensor b) {
    int row = Broadcasting.rowLength(a.shape(), b.shape());
    if (row < LEAST_ROW) {
      return binary(loop, a, b);
    }
    float[] x = a.array();
    float[] numbers = b.array();
    CpuTensor result = workspace.inArray(a.shape());
    float[] y = result.array();
    int count = b.shape().size();
    for (int first = 0, number = 0; first < result.size(); first += row) {
      loopByNumber.apply(x, numbers[number], y, first, first + row);
      number = number + 1 == count ? 0 : number + 1;
    }
    return result;
  }

  public CpuTensor scale(CpuTensor x, double factor) {
    CpuTensor result = workspace.inArray(x.shape());
    Loops.scale(x.array(), (float) factor, result.array(), 0, result.size());
    return result;
  }

  public CpuTensor square(CpuTensor x) {
    return unary(Loops::square, x);
  }

  public CpuTensor sqrt(CpuTensor x) {
    return unary(Loops::sqrt, x);
  }

  public CpuTensor exp(CpuTensor x) {
    CpuTensor result = workspace.inArray(x.shape());
    kernels.exp(x.array(), result.array(), result.size());
    return result;
  }

  public CpuTensor log(CpuTensor x) {
    return unary(Loops::log, x);
  }

  public CpuTensor tanh(CpuTensor x) {
    return unary(Loops::tanh, x);
  }

  public CpuTensor sigmoid(CpuTensor x) {
    return kernels.areVectors()
        ? unary(Loops::oneOverOnePlus, exp(unary(Loops::negate, x)))
        : unary(Loops::sigmoid, x);
  }

  public CpuTensor erf(CpuTensor x) {
    return unary(Loops::erf, x);
  }

  public CpuTensor softplus(CpuTensor x) {
    return unary(Loops::softplus, x);
  }

  public CpuTensor relu(CpuTensor x) {
    return unary(Loops::relu, x);
  }

  public CpuTensor step(CpuTensor x) {
    return unary(Loops::step, x);
  }

  public CpuTensor squaredNorms(CpuTensor x) {
    int samples = ShapeRules.samples(x.shape());
    CpuTensor result = workspace.inArray(Shape.of(samples));
    int size = x.shape().dropFirst().size();
    float[] norms = result.array();
    float[] values = x.array();
    for (int n = 0; n < samples; n++) {
      norms[n] = kernels.sumOfSquares(values, n * size, (n + 1) * size);
    }
    return result;
  }

  public CpuTensor addScaled(CpuTensor base, CpuTensor factors, CpuTensor x) {
    ShapeRules.requireSameShape(base.shape(), x.shape());
    ShapeRules.requireSameShape(Shape.of(ShapeRules.samples(x.shape())), factors.shape());
    CpuTensor result = workspace.inArray(x.shape());
    int size = x.shape().dropFirst().size();
    float[] a = base.array();
    float[] b = x.array();
    float[] numbers = factors.array();
    for (int n = 0; n < factors.shape().size(); n++) {
      Loops.addScaled(a, numbers[n], b, result.array(), n * size, (n + 1) * size);
    }
    return result;
  }

  public CpuTensor maskPositive(CpuTensor gradient, CpuTensor x) {
    ShapeRules.requireSameShape(gradient.shape(), x.shape());
    Support support = gradient.support();
    if (support == null) {
      CpuTensor result = binary(Loops::maskPositive, gradient, x);
      workspace.supports().masked(result, x);
      return result;
    }
    CpuTensor result = workspace.sparse(x.shape(), workspace.supports().wherePositive(support, x));
    result.sparse().read(gradient.array());
    return result;
  }

  private CpuTensor unary(Loops.Unary loop, CpuTensor x) {
    CpuTensor result = workspace.inArray(x.shape());
    loop.apply(x.array(), result.array(), 0, result.size());
    return result;
  }
}
