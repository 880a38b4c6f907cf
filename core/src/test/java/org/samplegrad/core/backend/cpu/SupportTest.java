package org.samplegrad.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.Scope;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Memory;
import org.samplegrad.core.backend.cpu.memory.Support;

class SupportTest {
  private static final Shape IMAGES = Shape.of(2, 1, 2, 3);

  /** Two positions for each of two images of six elements. */
  private static Indices indices(int... positions) {
    return new Indices(Shape.of(2, 1, 1, 2), positions);
  }

  private static int[] starts(Support support) {
    return IntStream.rangeClosed(0, support.images()).map(support::start).toArray();
  }

  private static int[] positions(Support support) {
    return IntStream.range(support.start(0), support.end()).map(support::position).toArray();
  }

  @Test
  void holdsEachPositionOfAnImageOnce() {
    Support support = Support.of(indices(5, 5, 6, 9), IMAGES, null);
    assertThat(starts(support)).containsExactly(1, 2, 4);
    assertThat(positions(support)).containsExactly(5, 0, 3);
  }

  @Test
  void isNotKnownWhereImagesMix() {
    assertThat(Support.of(indices(0, 6, 7, 8), IMAGES, null)).isNull();
  }

  @Test
  void isNotWorthwhileWhereMostElementsBelongToIt() {
    Indices all = new Indices(Shape.of(1, 1, 2, 2), new int[] {0, 1, 2, 3});
    assertThat(Support.of(all, Shape.of(1, 1, 2, 2), null)).isNull();
  }

  @Test
  void keepsThePositionsOfPositiveElements() {
    Support support = Support.of(indices(0, 1, 8, 9), IMAGES, null);
    float[] x = {2, -1, 0, 0, 0, 0, 0, 0, -0f, Float.MIN_VALUE, 0, 0};
    Support positive = support.wherePositive(x, 6);
    assertThat(starts(positive)).containsExactly(1, 2, 3);
    assertThat(positions(positive)).containsExactly(0, 3);
  }

  /** A position that two windows chose counts once, if one of them counts. */
  @Test
  void hasOnlyPositionsThatAMaskLeaves() {
    float[] mask = {-1, 3, 0, 2};
    Support support = Support.of(indices(5, 5, 6, 9), IMAGES, mask);
    assertThat(starts(support)).containsExactly(1, 2, 3);
    assertThat(positions(support)).containsExactly(5, 3);
  }

  @Test
  void aScatteredArrayIsWhereItsMaskIsPositive() {
    try (CpuBackend backend = new CpuBackend(Memory.borrow(), VectorKernels.find())) {
      Shape pooled = Shape.of(2, 1, 1, 2);
      Indices maxima = indices(0, 1, 8, 9);
      Tensor gradient = backend.fill(pooled, 1);
      Tensor some = backend.tensor(pooled, new double[] {1, -1, 0, 1});
      assertThat(scattered(backend, backend.maskPositive(gradient, some), maxima))
          .containsExactly(1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0);
      Tensor all = backend.fill(pooled, 1);
      assertThat(scattered(backend, backend.maskPositive(gradient, all), maxima))
          .containsExactly(1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0);
    }
  }

  /** A scattered array, seen where its support is. */
  private static double[] scattered(CpuBackend backend, Tensor x, Indices maxima) {
    CpuTensor images = (CpuTensor) backend.scatterAdd(x, maxima, IMAGES);
    float[] seen = new float[IMAGES.size()];
    images.sparse().write(seen);
    assertThat(backend.toDoubles(images))
        .isEqualTo(IntStream.range(0, seen.length).mapToDouble(i -> seen[i]).toArray());
    return backend.toDoubles(images);
  }

  /** Two of the indices point to the same position. */
  @Test
  void whatWasScatteredIsGatheredAgain() {
    try (CpuBackend backend = new CpuBackend(Memory.borrow(), VectorKernels.find())) {
      Indices maxima = indices(5, 5, 6, 9);
      Shape pooled = Shape.of(2, 1, 1, 2);
      Tensor x = backend.tensor(pooled, new double[] {1, 2, 4, 8});
      Tensor masked = backend.maskPositive(x, backend.tensor(pooled, new double[] {1, 1, 0, 1}));
      Tensor images = backend.scatterAdd(masked, maxima, IMAGES);
      assertThat(backend.toDoubles(backend.gather(images, maxima))).containsExactly(3, 3, 0, 8);
      assertThat(backend.toDoubles(backend.gather(images, indices(0, 5, 9, 6))))
          .containsExactly(0, 3, 8, 0);
    }
  }

  @Test
  void imagesAreAddedWhereTheirSupportIs() {
    try (CpuBackend backend = new CpuBackend(Memory.borrow(), VectorKernels.find())) {
      Tensor x = backend.tensor(Shape.of(2, 1, 1, 2), new double[] {1, 2, 4, 8});
      Indices maxima = indices(0, 5, 8, 8);
      Tensor images = backend.scatterAdd(x, maxima, IMAGES);
      Tensor same = backend.scatterAdd(backend.scale(x, 2), maxima, IMAGES);
      Tensor other = backend.scatterAdd(x, indices(1, 2, 6, 11), IMAGES);
      assertThat(((CpuTensor) backend.add(images, same)).support()).isNotNull();
      assertThat(backend.toDoubles(backend.add(images, same)))
          .containsExactly(3, 0, 0, 0, 0, 6, 0, 0, 36, 0, 0, 0);
      assertThat(backend.toDoubles(backend.add(images, other)))
          .containsExactly(1, 1, 2, 0, 0, 2, 4, 0, 12, 0, 0, 8);
    }
  }

  /** The rows of two images are no images. */
  @Test
  void aReshapedArrayHasNoSupport() {
    try (CpuBackend backend = new CpuBackend(Memory.borrow(), VectorKernels.find())) {
      Tensor x = backend.tensor(Shape.of(2, 1, 1, 2), new double[] {1, 2, 4, 8});
      Tensor images = backend.scatterAdd(x, indices(0, 5, 8, 8), IMAGES);
      CpuTensor rows = (CpuTensor) backend.reshape(images, Shape.of(2, 2, 3, 1));
      assertThat(rows.support()).isNull();
      assertThat(backend.toDoubles(backend.sum(rows, 2, 3))).containsExactly(1, 2, 12, 0);
    }
  }

  @Test
  void imagesAreSummedWhereTheirSupportIs() {
    try (CpuBackend backend = new CpuBackend(Memory.borrow(), VectorKernels.find())) {
      Tensor x = backend.tensor(Shape.of(2, 1, 1, 2), new double[] {1, 2, 4, 8});
      Tensor images = backend.scatterAdd(x, indices(0, 5, 8, 8), IMAGES);
      assertThat(backend.toDoubles(backend.sum(images, 2, 3))).containsExactly(3, 12);
      assertThat(backend.toDoubles(backend.sum(images, 3))).containsExactly(1, 2, 12, 0);
    }
  }

  @Test
  void aSupportIsMaskedByEachArrayAnew() {
    try (CpuBackend backend = new CpuBackend(Memory.borrow(), VectorKernels.find())) {
      Tensor gradient =
          backend.scatterAdd(backend.fill(Shape.of(2, 1, 1, 2), 1), indices(0, 1, 8, 9), IMAGES);
      backend.maskPositive(gradient, backend.fill(IMAGES, -1));
      Tensor kept = backend.maskPositive(gradient, backend.fill(IMAGES, 1));
      assertThat(backend.toDoubles(kept)).isEqualTo(backend.toDoubles(gradient)).contains(1);
    }
  }

  /** Scopes open and close for every block of a pass. */
  @Test
  void whatIsKnownOfTensorsIsForgottenWithThem() throws InterruptedException {
    try (CpuBackend backend = new CpuBackend(Memory.borrow(), VectorKernels.find())) {
      List<WeakReference<Object>> known = knownInAScope(backend);
      for (int i = 0; i < 100 && known.stream().anyMatch(one -> one.get() != null); i++) {
        System.gc();
        Thread.sleep(10);
      }
      assertThat(known).extracting(WeakReference::get).containsOnlyNulls();
      assertThat(backend.toDoubles(backend.fill(Shape.of(1), 1))).containsExactly(1);
    }
  }

  private static List<WeakReference<Object>> knownInAScope(CpuBackend backend) {
    Scope scope = backend.openScope();
    Shape pooled = Shape.of(2, 1, 1, 2);
    Indices maxima = indices(0, 1, 8, 9);
    Tensor masked = backend.maskPositive(backend.fill(pooled, 1), backend.fill(pooled, 1));
    CpuTensor images = (CpuTensor) backend.scatterAdd(masked, maxima, IMAGES);
    CpuTensor positive = (CpuTensor) backend.maskPositive(images, backend.fill(IMAGES, 1));
    List<WeakReference<Object>> known =
        Stream.of(
                maxima,
                ((CpuTensor) masked).storage(),
                images.support(),
                positive.support(),
                positive.storage())
            .map(WeakReference<Object>::new)
            .toList();
    assertThat(known).extracting(WeakReference::get).doesNotContainNull();
    scope.close();
    return known;
  }

  /** A product lies in native memory and is added up from there. */
  @Test
  void aLongProductIsAddedToTotalsAsItIs() {
    try (CpuBackend backend = new CpuBackend(Memory.borrow(), VectorKernels.find())) {
      double[] rows = IntStream.range(0, 70 * 20).mapToDouble(i -> i % 23 - 11).toArray();
      Tensor factor = backend.tensor(Shape.of(70, 20), rows);
      double[] totals = new double[70 * 70 + 1];
      backend.addTo(backend.matmul(factor, false, factor, true), totals, 1);
      double[] expected = backend.toDoubles(backend.matmul(factor, false, factor, true));
      assertThat(Arrays.copyOfRange(totals, 1, totals.length)).containsExactly(expected);
      assertThat(totals[0]).isZero();
    }
  }
}
