package org.samplegrad.core.backend.cpu.products;

import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Deferred;

/**
 * A sum of matrix products that is computed when its elements are asked for. A parameter's gradient
 * is the sum of several products over the samples: added to each other as they are made, they need
 * no array each.
 */
public final class DeferredProduct implements Deferred.ToNativeMemory {

  private record Factors(CpuTensor a, boolean transposeA, CpuTensor b, boolean transposeB) {}

  private final List<Factors> terms;

  private DeferredProduct(List<Factors> terms) {
    this.terms = terms;
  }

  DeferredProduct(CpuTensor a, boolean transposeA, CpuTensor b, boolean transposeB) {
    this(List.of(new Factors(a, transposeA, b, transposeB)));
  }

  private int rows() {
    Factors first = terms.get(0);
    return first.a().shape().extent(first.transposeA() ? -1 : -2);
  }

  private int columns() {
    Factors first = terms.get(0);
    return first.b().shape().extent(first.transposeB() ? -2 : -1);
  }

  /** Whether both are matrices of the same form; a tensor may show them in others. */
  public boolean isLike(DeferredProduct other) {
    return rows() == other.rows() && columns() == other.columns();
  }

  /** The sum with a product of the same form. */
  public DeferredProduct plus(DeferredProduct other) {
    return new DeferredProduct(Stream.concat(terms.stream(), other.terms.stream()).toList());
  }

  @Override
  public void write(FloatPointer y) {
    Matrix c = new Matrix(y, rows(), columns());
    for (Factors factors : terms) {
      Matrix a = Matrix.of(factors.a(), factors.transposeA());
      Matrix b = Matrix.of(factors.b(), factors.transposeB());
      if (factors == terms.get(0)) {
        Products.multiply(a, b, c);
      } else {
        Products.accumulate(a, b, c);
      }
    }
  }
}
