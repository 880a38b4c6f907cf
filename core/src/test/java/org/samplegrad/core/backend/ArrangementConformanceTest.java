package org.samplegrad.core.backend;

import java.util.List;

class ArrangementConformanceTest extends BackendConformance {
  ArrangementConformanceTest(Choice choice) {
    super(choice);
  }

  @ConformanceCase("sum(Tensor,int[])")
  void sumsOverAnyAxes() {
    NaiveArray x = random(2, 3, 4, 5);
    int[][] choices = {{0}, {3}, {1, 2}, {0, 2, 3}, {3, 0}, {0, 1, 2, 3}};
    for (int[] axes : choices) {
      assertEqual(backend.sum(input(x), axes), NaiveArrays.sum(x, axes));
    }
  }

  @ConformanceCase("sum(Tensor,int[])")
  void sumOverNoAxesChangesNothing() {
    NaiveArray x = random(2, 3);
    assertEqual(backend.sum(input(x)), x);
    assertEqual(backend.sum(input(Shape.scalar(), 2)), NaiveArray.of(Shape.scalar(), 2));
  }

  @ConformanceCase("sum(Tensor,int[])")
  void sumsOverAxesOfOneElement() {
    NaiveArray x = random(3, 1, 2);
    assertEqual(backend.sum(input(x), 1), x);
    assertEqual(backend.sum(input(x), 0, 1), NaiveArrays.sum(x, 0, 1));
    assertEqual(backend.sum(input(Shape.of(1), 7), 0), NaiveArray.of(Shape.of(1), 7));
  }

  @ConformanceCase("sum(Tensor,int[])")
  void aLongSumIsAsAccurateAsOneInFloat64() {
    int rows = 3;
    int terms = 1 << 18;
    Tensor equal = backend.fill(Shape.of(rows, terms), 0.1);
    double expected = terms * backend.toDoubles(backend.fill(Shape.scalar(), 0.1))[0];

    assertLongSum(backend.sum(equal, 1), terms, expected);
    assertLongSum(backend.sum(equal, 0, 1), rows * terms, rows * expected);
  }

  @ConformanceCase("sum(Tensor,int[])")
  void sumRefusesAxesThatAreNotThere() {
    Tensor x = input(random(2, 3));
    assertRefused(() -> backend.sum(x, 2));
    assertRefused(() -> backend.sum(x, -1));
    assertRefused(() -> backend.sum(x, 0, 0));
  }

  @ConformanceCase("max(Tensor,int)")
  void takesTheMaximumOverOneAxis() {
    NaiveArray x = random(2, 3, 4);
    NaiveArray negative = NaiveArrays.map(NaiveArray.positive(random, 2, 3, 4), a -> -a);
    for (int axis = 0; axis < x.shape().rank(); axis++) {
      assertEqual(backend.max(input(x), axis), NaiveArrays.max(x, axis));
      assertEqual(backend.max(input(negative), axis), NaiveArrays.max(negative, axis));
    }
    assertEqual(backend.max(input(Shape.of(1, 1), -3), 1), NaiveArray.of(Shape.of(1, 1), -3));
  }

  @ConformanceCase("max(Tensor,int)")
  void theMaximumMayBeInfinite() {
    double infinity = Double.POSITIVE_INFINITY;
    Tensor x = input(Shape.of(2, 2), -infinity, -infinity, 1, infinity);

    assertValues(backend.max(x, 1), -infinity, infinity);
  }

  @ConformanceCase("max(Tensor,int)")
  void maximumRefusesAnAxisThatIsNotThere() {
    Tensor x = input(random(2, 3));
    assertRefused(() -> backend.max(x, 2));
    assertRefused(() -> backend.max(x, -1));
  }

  @ConformanceCase("reshape(Tensor,Shape)")
  void reshapeKeepsTheRowMajorOrder() {
    NaiveArray x = random(2, 6);
    assertEqual(backend.reshape(input(x), Shape.of(3, 1, 4)), x.reshape(3, 1, 4));
    assertEqual(
        backend.reshape(backend.transpose(input(x), 1, 0), Shape.of(12)),
        NaiveArrays.transpose(x, 1, 0).reshape(12));
    assertEqual(
        backend.reshape(input(Shape.scalar(), 4), Shape.of(1, 1)),
        NaiveArray.of(Shape.of(1, 1), 4));
    assertEqual(
        backend.reshape(input(Shape.of(1, 1), 4), Shape.scalar()),
        NaiveArray.of(Shape.scalar(), 4));
    assertRefused(() -> backend.reshape(input(x), Shape.of(5, 2)));
  }

  @ConformanceCase("transpose(Tensor,int[])")
  void transposesAnyAxes() {
    NaiveArray x = random(2, 3, 4, 5);
    int[][] orders = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 2, 0, 3}, {2, 0, 3, 1}, {0, 1, 3, 2}};
    for (int[] axes : orders) {
      assertEqual(backend.transpose(input(x), axes), NaiveArrays.transpose(x, axes));
    }
    NaiveArray row = random(1, 7);
    assertEqual(backend.transpose(input(row), 1, 0), NaiveArrays.transpose(row, 1, 0));
    assertEqual(backend.transpose(input(Shape.scalar(), 4)), NaiveArray.of(Shape.scalar(), 4));
  }

  @ConformanceCase("transpose(Tensor,int[])")
  void transposeRefusesWhatIsNotAPermutation() {
    Tensor x = input(random(2, 3));
    assertRefused(() -> backend.transpose(x, 0));
    assertRefused(() -> backend.transpose(x, 0, 0));
    assertRefused(() -> backend.transpose(x, 1, 2));
    assertRefused(() -> backend.transpose(x, 0, 1, 2));
  }

  @ConformanceCase("broadcastTo(Tensor,Shape)")
  void broadcastsToALargerShape() {
    NaiveArray row = random(3);
    NaiveArray column = random(2, 1);
    Shape shape = Shape.of(4, 2, 3);
    assertEqual(backend.broadcastTo(input(row), shape), NaiveArrays.broadcastTo(row, shape));
    assertEqual(backend.broadcastTo(input(column), shape), NaiveArrays.broadcastTo(column, shape));
    assertEqual(
        backend.broadcastTo(input(Shape.scalar(), -2), shape),
        NaiveArrays.broadcastTo(NaiveArray.of(Shape.scalar(), -2), shape));
    assertEqual(backend.broadcastTo(input(row), row.shape()), row);
    assertRefused(() -> backend.broadcastTo(input(row), Shape.of(4)));
    assertRefused(() -> backend.broadcastTo(input(column), Shape.of(2)));
    assertRefused(() -> backend.broadcastTo(input(row), Shape.of(1)));
  }

  @ConformanceCase("slice(Tensor,int,int,int)")
  void slicesAlongAnyAxis() {
    NaiveArray x = random(3, 4, 5);
    int[][] choices = {{0, 0, 1}, {0, 1, 3}, {1, 1, 3}, {2, 4, 5}, {2, 0, 5}, {1, 0, 2}};
    for (int[] choice : choices) {
      assertEqual(
          backend.slice(input(x), choice[0], choice[1], choice[2]),
          NaiveArrays.slice(x, choice[0], choice[1], choice[2]));
    }
    NaiveArray vector = random(6);
    assertEqual(backend.slice(input(vector), 0, 2, 5), NaiveArrays.slice(vector, 0, 2, 5));
    NaiveArray row = random(1, 6);
    assertEqual(backend.slice(input(row), 1, 5, 6), NaiveArrays.slice(row, 1, 5, 6));
    assertEqual(backend.slice(input(row), 0, 0, 1), row);
    NaiveArray deep = random(2, 3, 1, 4, 2);
    assertEqual(backend.slice(input(deep), 3, 1, 3), NaiveArrays.slice(deep, 3, 1, 3));
  }

  @ConformanceCase("slice(Tensor,int,int,int)")
  void aSliceIsAnArrayLikeAnyOther() {
    NaiveArray x = random(3, 4);
    Tensor slice = backend.slice(input(x), 1, 1, 3);
    NaiveArray expected = NaiveArrays.slice(x, 1, 1, 3);

    assertEqual(backend.reshape(slice, Shape.of(6)), expected.reshape(6));
    assertEqual(
        backend.matmul(slice, true, slice, false),
        NaiveArrays.matmul(NaiveArrays.transpose(expected, 1, 0), expected));
    assertEqual(backend.square(slice), NaiveArrays.map(expected, a -> a * a));
  }

  @ConformanceCase("slice(Tensor,int,int,int)")
  void sliceRefusesWhatIsNotThere() {
    Tensor x = input(random(3, 4));
    assertRefused(() -> backend.slice(x, 2, 0, 1));
    assertRefused(() -> backend.slice(x, -1, 0, 1));
    assertRefused(() -> backend.slice(x, 0, -1, 1));
    assertRefused(() -> backend.slice(x, 0, 1, 4));
    assertRefused(() -> backend.slice(x, 0, 2, 2));
    assertRefused(() -> backend.slice(x, 0, 2, 1));
    assertRefused(() -> backend.slice(input(Shape.scalar(), 1), 0, 0, 1));
  }

  @ConformanceCase("pad(Tensor,int,int,int)")
  void padsAnyAxisWithZeros() {
    NaiveArray x = random(3, 4, 5);
    int[][] choices = {{0, 0, 1}, {0, 2, 0}, {1, 1, 3}, {2, 4, 5}, {2, 0, 0}};
    for (int[] choice : choices) {
      assertEqual(
          backend.pad(input(x), choice[0], choice[1], choice[2]),
          NaiveArrays.pad(x, choice[0], choice[1], choice[2]));
    }
    NaiveArray vector = random(6);
    assertEqual(backend.pad(input(vector), 0, 2, 1), NaiveArrays.pad(vector, 0, 2, 1));
    NaiveArray one = random(1, 1);
    assertEqual(backend.pad(input(one), 1, 1, 1), NaiveArrays.pad(one, 1, 1, 1));
    NaiveArray deep = random(2, 3, 1, 4, 2);
    assertEqual(backend.pad(input(deep), 2, 1, 3), NaiveArrays.pad(deep, 2, 1, 3));
  }

  @ConformanceCase("pad(Tensor,int,int,int)")
  void padRefusesWhatDoesNotFit() {
    Tensor x = input(random(3, 4));
    assertRefused(() -> backend.pad(x, 2, 0, 1));
    assertRefused(() -> backend.pad(x, -1, 0, 1));
    assertRefused(() -> backend.pad(x, 0, -1, 1));
    assertRefused(() -> backend.pad(x, 0, 1, -1));
    assertRefused(() -> backend.pad(x, 0, Integer.MAX_VALUE, 1));
  }

  @ConformanceCase("squaredNorms(Tensor)")
  void addsTheSquaresOfEachSample() {
    for (NaiveArray x : List.of(random(4, 3, 5), random(3), random(1, 200), random(2, 1))) {
      int samples = x.shape().extent(0);
      NaiveArray squares =
          NaiveArrays.map(x, value -> value * value).reshape(samples, x.shape().dropFirst().size());
      assertEqual(backend.squaredNorms(input(x)), NaiveArrays.sum(squares, 1).reshape(samples));
    }
    assertRefused(() -> backend.squaredNorms(input(random())));
  }
}
