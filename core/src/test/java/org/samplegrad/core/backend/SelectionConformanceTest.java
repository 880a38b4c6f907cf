package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;

class SelectionConformanceTest extends BackendConformance {
  private static final Window PAIRS = Window.ofKernel(2, 2).withStride(2);

  private static final List<Window> WINDOWS =
      List.of(
          PAIRS,
          Window.ofKernel(3, 2).withStride(1, 2),
          Window.ofKernel(2, 3).withPadding(1),
          Window.ofKernel(2, 2).withStride(1, 3).withDilation(3, 2),
          Window.ofKernel(3, 3).withStride(2).withPadding(1).withDilation(2));

  SelectionConformanceTest(Choice choice) {
    super(choice);
  }

  private static int[] positions(Indices indices) {
    int[] positions = new int[indices.size()];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = indices.position(i);
    }
    return positions;
  }

  private void assertPools(NaiveArray x, Window window) {
    Indices found = backend.maxPoolIndices(input(x), window);
    assertThat(found.shape())
        .isEqualTo(NaiveWindows.outputShape(x.shape(), x.shape().extent(1), window));
    assertThat(positions(found)).containsExactly(NaiveWindows.maxPoolPositions(x, window));
  }

  @ConformanceCase("maxPoolIndices(Tensor,Window)")
  void findsTheMaximumOfEachWindow() {
    for (Window window : WINDOWS) {
      assertPools(random(2, 3, 7, 9), window);
      assertPools(NaiveArrays.map(NaiveArray.positive(random, 1, 1, 6, 5), x -> -x), window);
    }
  }

  @ConformanceCase("maxPoolIndices(Tensor,Window)")
  void findsTheMaximumAlongOneAndOverThreeAxes() {
    assertPools(random(2, 3, 9), Window.ofKernel(3).withStride(2).withPadding(1));
    assertPools(random(1, 2, 7), Window.ofKernel(2).withDilation(3));
    assertPools(random(2, 3, 21), Window.ofKernel(4).withStride(3).withDilation(2));
    assertPools(random(1, 2, 7), Window.ofKernel(3).withStride(Integer.MAX_VALUE));
    assertPools(random(2, 2, 4, 3, 5), Window.ofKernel(2, 3, 2).withStride(2, 1, 3));
    assertPools(random(1, 1, 3, 3, 3), Window.ofKernel(2, 2, 2).withPadding(1, 0, 1));
  }

  @ConformanceCase("maxPoolIndices(Tensor,Window)")
  void aWindowMayReachBeyondTheImage() {
    assertPools(random(2, 2, 7, 8), Window.ofKernel(2, 3).withStride(2).roundingUp(true));
    assertPools(random(1, 2, 6), Window.ofKernel(3).withStride(3).withPadding(1).roundingUp(true));
    assertPools(
        random(1, 2, 5, 4), Window.ofKernel(3, 2).withPadding(new int[] {0, 1}, new int[] {1, 0}));
  }

  @ConformanceCase("maxPoolIndices(Tensor,Window)")
  void theFirstOfEqualMaximaWins() {
    assertPools(NaiveArray.zeros(Shape.of(2, 2, 4, 6)), PAIRS);
    Tensor x = input(Shape.of(1, 1, 2, 4), 1, 3, 0, -0.0, 3, 3, -0.0, 0);

    assertThat(positions(backend.maxPoolIndices(x, PAIRS))).containsExactly(1, 2);
  }

  @ConformanceCase("maxPoolIndices(Tensor,Window)")
  void notANumberWinsOverEveryNumber() {
    double infinity = Double.POSITIVE_INFINITY;
    Tensor x =
        input(Shape.of(1, 1, 2, 4), infinity, Double.NaN, Double.NaN, 1, 2, 3, 4, Double.NaN);

    assertThat(positions(backend.maxPoolIndices(x, PAIRS))).containsExactly(1, 2);
  }

  @ConformanceCase("maxPoolIndices(Tensor,Window)")
  void paddingNeverWins() {
    Window padded = Window.ofKernel(2, 2).withStride(2).withPadding(1);
    double infinity = Double.POSITIVE_INFINITY;
    Tensor x = input(Shape.of(1, 1, 2, 2), -infinity, -3, -infinity, -2);

    assertThat(positions(backend.maxPoolIndices(x, padded))).containsExactly(0, 1, 2, 3);
  }

  @ConformanceCase("maxPoolIndices(Tensor,Window)")
  void poolingRefusesWhatDoesNotFit() {
    assertRefused(() -> backend.maxPoolIndices(input(random(4, 6)), PAIRS));
    assertRefused(() -> backend.maxPoolIndices(input(random(1, 1, 1, 6)), PAIRS));
  }

  @ConformanceCase("maxPoolIndices(Tensor,Window)")
  void poolingRefusesAWindowOfPaddingOnly() {
    Window onlyPadding = Window.ofKernel(1, 1).withPadding(1);

    assertRefused(() -> backend.maxPoolIndices(input(random(1, 1, 2, 2)), onlyPadding));
  }

  @ConformanceCase("maxPool(Tensor,Window)")
  void poolsToTheElementsAtTheMaxima() {
    for (Window window : WINDOWS) {
      NaiveArray x = random(2, 3, 7, 9);
      Pooled pooled = backend.maxPool(input(x), window);

      assertThat(positions(pooled.positions()))
          .containsExactly(NaiveWindows.maxPoolPositions(x, window));
      assertEqual(pooled.values(), NaiveArrays.gather(x, pooled.positions()));
    }
  }

  @ConformanceCase("gather(Tensor,Indices)")
  void gathersRepeatedPositionsInAnyOrder() {
    NaiveArray x = random(3, 4);
    Indices indices = new Indices(Shape.of(2, 3), new int[] {11, 0, 5, 5, 5, 1});
    Indices one = new Indices(Shape.scalar(), new int[] {7});

    assertEqual(backend.gather(input(x), indices), NaiveArrays.gather(x, indices));
    assertEqual(backend.gather(input(x), one), NaiveArrays.gather(x, one));
  }

  @ConformanceCase("gather(Tensor,Indices)")
  void gatherRefusesAPositionOutside() {
    Tensor x = input(random(3, 4));
    for (int position : new int[] {-1, 12}) {
      Indices outside = new Indices(Shape.of(1), new int[] {position});
      assertThatThrownBy(() -> backend.gather(x, outside))
          .isInstanceOfAny(IllegalArgumentException.class, IndexOutOfBoundsException.class);
    }
  }

  @ConformanceCase("scatterAdd(Tensor,Indices,Shape)")
  void scatterAddsToRepeatedPositions() {
    NaiveArray x = random(2, 3);
    Indices indices = new Indices(x.shape(), new int[] {11, 0, 5, 5, 5, 1});
    Shape shape = Shape.of(4, 3);

    assertEqual(
        backend.scatterAdd(input(x), indices, shape), NaiveArrays.scatterAdd(x, indices, shape));
    assertEqual(
        backend.scatterAdd(
            input(Shape.scalar(), 2), new Indices(Shape.scalar(), new int[] {0}), Shape.scalar()),
        NaiveArray.of(Shape.scalar(), 2));
  }

  @ConformanceCase("scatterAdd(Tensor,Indices,Shape)")
  void scatterAddRefusesWhatDoesNotFit() {
    Indices indices = new Indices(Shape.of(2, 3), new int[] {11, 0, 5, 5, 5, 1});
    assertRefused(() -> backend.scatterAdd(input(random(5)), indices, Shape.of(12)));
    assertRefused(() -> backend.scatterAdd(input(random(3, 2)), indices, Shape.of(12)));
    assertThatThrownBy(() -> backend.scatterAdd(input(random(2, 3)), indices, Shape.of(11)))
        .isInstanceOfAny(IllegalArgumentException.class, IndexOutOfBoundsException.class);
  }
}
