package org.samplegrad.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Memory;

class DeferredProductTest {
  private final CpuBackend backend = new CpuBackend(Memory.borrow(), VectorKernels.find());

  @AfterEach
  void close() {
    backend.close();
  }

  /** Of small whole numbers, so that sums are exact in any order. */
  private Tensor matrix(int rows, int columns, int first) {
    double[] values =
        IntStream.range(first, first + rows * columns).mapToDouble(i -> i % 7 - 3).toArray();
    return backend.tensor(Shape.of(rows, columns), values);
  }

  private Tensor product(int height, int depth, int width, int first) {
    return backend.matmul(matrix(depth, height, first), true, matrix(depth, width, first), false);
  }

  private static boolean isDeferred(Tensor x) {
    return ((CpuTensor) x).storage().deferred() != null;
  }

  private double[] sum(double[]... arrays) {
    return IntStream.range(0, arrays[0].length)
        .mapToDouble(i -> IntStream.range(0, arrays.length).mapToDouble(k -> arrays[k][i]).sum())
        .toArray();
  }

  @Test
  void productsAreAddedUpAsTheyAreMade() {
    Tensor a = product(90, 40, 100, 1);
    Tensor b = product(90, 30, 100, 2);
    Tensor c = product(90, 1, 100, 3);
    Tensor sum = backend.add(backend.add(a, b), c);
    assertThat(isDeferred(sum)).isTrue();

    double[] values = backend.toDoubles(sum);

    assertThat(isDeferred(sum)).isFalse();
    assertThat(values)
        .containsExactly(sum(backend.toDoubles(a), backend.toDoubles(b), backend.toDoubles(c)));
    double[] totals = new double[values.length + 1];
    backend.addTo(backend.add(product(90, 40, 100, 1), product(90, 30, 100, 2)), totals, 1);
    assertThat(totals).startsWith(0).endsWith(sum(backend.toDoubles(a), backend.toDoubles(b)));
  }

  @Test
  void productsOfOtherFormsAreAddedElementByElement() {
    Shape line = Shape.of(9000);
    Tensor wide = backend.reshape(product(90, 40, 100, 1), line);
    Tensor narrow = backend.reshape(product(100, 40, 90, 1), line);

    double[] values = backend.toDoubles(backend.add(wide, narrow));

    assertThat(values).containsExactly(sum(backend.toDoubles(wide), backend.toDoubles(narrow)));
  }
}
