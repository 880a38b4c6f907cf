package org.samplegrad.core.backend;

import java.util.List;

class ProductConformanceTest extends BackendConformance {
  /** A weight so large that an implementation can hold only few samples' products at once. */
  private static final int LARGE_OUTPUTS = 600;

  private static final int LARGE_INPUTS = 500;

  ProductConformanceTest(Choice choice) {
    super(choice);
  }

  private static NaiveArray transposed(NaiveArray x, boolean transpose) {
    if (!transpose) {
      return x;
    }
    return x.shape().rank() == 2
        ? NaiveArrays.transpose(x, 1, 0)
        : NaiveArrays.transpose(x, 0, 2, 1);
  }

  /** Every combination of transposes of factors that multiply when none is transposed. */
  private void assertMultiplies(NaiveArray a, NaiveArray b) {
    NaiveArray expected = NaiveArrays.matmul(a, b);
    for (boolean transposeA : List.of(false, true)) {
      for (boolean transposeB : List.of(false, true)) {
        Tensor left = input(transposed(a, transposeA));
        Tensor right = input(transposed(b, transposeB));
        assertEqual(backend.matmul(left, transposeA, right, transposeB), expected);
      }
    }
  }

  @ConformanceCase("matmul(Tensor,boolean,Tensor,boolean)")
  void multipliesMatrices() {
    assertMultiplies(random(3, 4), random(4, 5));
    assertMultiplies(random(1, 4), random(4, 5));
    assertMultiplies(random(3, 4), random(4, 1));
    assertMultiplies(random(3, 1), random(1, 5));
    assertMultiplies(random(1, 1), random(1, 1));
    assertMultiplies(random(1, 6), random(6, 1));
    assertMultiplies(random(33, 65), random(65, 17));
    assertMultiplies(random(7, 13), random(13, 130));
    assertMultiplies(random(130, 13), random(13, 7));
  }

  @ConformanceCase("outerProductSums(Tensor,Tensor)")
  void addsUpOuterProductsAndTheirSquares() {
    for (int outputs : List.of(1, 5, 6, 10, 16, 17)) {
      for (int inputs : List.of(1, 8, 83)) {
        NaiveArray u = random(21, outputs);
        NaiveArray x = random(21, inputs);
        NaiveArray squares = NaiveArrays.map(x, value -> value * value);
        NaiveArray transposed = NaiveArrays.transpose(u, 1, 0);

        SampleSums sums = backend.outerProductSums(input(u), input(x));

        assertEqual(sums.sum(), NaiveArrays.matmul(transposed, x));
        assertEqual(
            sums.squaredSum(),
            NaiveArrays.matmul(NaiveArrays.map(transposed, value -> value * value), squares));
      }
    }
    assertRefused(() -> backend.outerProductSums(input(random(3, 6)), input(random(4, 6))));
  }

  /** As a last layer of few outputs has them, in long and short rows that are no whole vectors. */
  @ConformanceCase("matmul(Tensor,boolean,Tensor,boolean)")
  void multipliesMatricesOfFewRowsColumnsOrTerms() {
    for (int few : List.of(5, 6, 10, 11, 16)) {
      assertMultiplies(random(21, 83), random(83, few));
      assertMultiplies(random(few, 21), random(21, 83));
      assertMultiplies(random(21, few), random(few, 83));
      assertMultiplies(random(few, 64), random(64, few));
      assertMultiplies(random(few, few), random(few, few));
    }
  }

  @ConformanceCase("matmul(Tensor,boolean,Tensor,boolean)")
  void multipliesBatchesOfMatrices() {
    assertMultiplies(random(2, 3, 4), random(2, 4, 5));
    assertMultiplies(random(1, 3, 4), random(1, 4, 5));
    assertMultiplies(random(4, 1, 3), random(4, 3, 1));
    assertMultiplies(random(4, 3, 1), random(4, 1, 3));
    assertMultiplies(random(3, 1, 1), random(3, 1, 1));
    assertMultiplies(random(4, 3, 3), random(4, 3, 3));
  }

  @ConformanceCase("matmul(Tensor,boolean,Tensor,boolean)")
  void multipliesAMatrixByItself() {
    NaiveArray a = random(3, 4);
    Tensor tensor = input(a);

    Tensor product = backend.matmul(tensor, true, tensor, false);

    assertEqual(product, NaiveArrays.matmul(NaiveArrays.transpose(a, 1, 0), a));
  }

  @ConformanceCase("matmul(Tensor,boolean,Tensor,boolean)")
  void refusesMatricesThatDoNotFit() {
    Tensor matrix = input(random(3, 4));
    Tensor batch = input(random(2, 3, 4));
    assertRefused(() -> backend.matmul(matrix, false, matrix, false));
    assertRefused(() -> backend.matmul(matrix, true, input(random(4, 3)), false));
    assertRefused(() -> backend.matmul(batch, false, matrix, true));
    assertRefused(() -> backend.matmul(batch, false, input(random(3, 3, 4)), true));
    assertRefused(() -> backend.matmul(input(random(4)), false, input(random(4)), false));
    assertRefused(() -> backend.matmul(input(random(4)), false, input(random(4, 2)), false));
  }

  /** Of many terms, which a backend may keep, and of few. */
  @ConformanceCase("evaluateWith(KeptResults,Supplier)")
  void recallsResultsOfTheSameEvaluation() {
    NaiveArray a = random(9, 300);
    NaiveArray b = random(300, 70);
    NaiveArray c = random(70, 3);
    Tensor first = input(a);
    Tensor second = input(b);
    Tensor third = input(c);
    NaiveArray expected = NaiveArrays.matmul(NaiveArrays.matmul(a, b), c);
    KeptResults kept = KeptResults.within(1 << 20);
    for (int evaluation = 0; evaluation < 3; evaluation++) {
      Tensor product =
          backend.evaluateWith(
              kept,
              () ->
                  backend.matmul(backend.matmul(first, false, second, false), false, third, false));
      assertEqual(product, expected);
    }
  }

  private void assertSumsSampleProducts(int n, int g, int o, int i, int p) {
    NaiveArray u = random(n, g, o, p);
    NaiveArray a = random(n, g, i, p);
    NaiveArray v = random(n, g, o, p);
    NaiveArray b = random(n, g, i, p);
    Tensor left = input(u);
    Tensor right = input(a);
    assertEqual(
        backend.sampleProductSum(left, right, input(v), input(b)),
        NaiveArrays.sampleProductSum(u, a, v, b));
    assertEqual(
        backend.sampleProductSum(left, right, left, right),
        NaiveArrays.sampleProductSum(u, a, u, a));
    assertEqual(
        backend.sampleProductSum(left, right, left, input(b)),
        NaiveArrays.sampleProductSum(u, a, u, b));
  }

  private void assertWeighsSampleProducts(int n, int g, int o, int i, int p) {
    NaiveArray c = random(g, o, i);
    NaiveArray v = random(n, g, o, p);
    NaiveArray b = random(n, g, i, p);
    NaiveArray a = random(n, g, i, p);
    assertEqual(
        backend.weightedSampleProduct(input(c), input(v), input(b), input(a)),
        NaiveArrays.weightedSampleProduct(c, v, b, a));
  }

  @ConformanceCase("sampleProductSum(Tensor,Tensor,Tensor,Tensor)")
  void sumsProductsOfSampleProducts() {
    assertSumsSampleProducts(3, 2, 4, 5, 6);
    assertSumsSampleProducts(1, 1, 1, 1, 1);
    assertSumsSampleProducts(1, 2, 3, 4, 5);
    assertSumsSampleProducts(4, 3, 1, 2, 1);
    assertSumsSampleProducts(4, 1, 2, 1, 7);
  }

  @ConformanceCase("sampleProductSum(Tensor,Tensor,Tensor,Tensor)")
  void sumsMoreSampleProductsThanFitInMemoryAtOnce() {
    NaiveArray u = random(5, 1, LARGE_OUTPUTS, 1);
    NaiveArray a = random(5, 1, LARGE_INPUTS, 1);
    NaiveArray v = random(5, 1, LARGE_OUTPUTS, 1);
    assertEqual(
        backend.sampleProductSum(input(u), input(a), input(v), input(a)),
        NaiveArrays.sampleProductSum(u, a, v, a));
    NaiveArray w = random(2, 2, LARGE_OUTPUTS, 2);
    NaiveArray b = random(2, 2, LARGE_INPUTS, 2);
    Tensor left = input(w);
    Tensor right = input(b);
    assertEqual(
        backend.sampleProductSum(left, right, left, right),
        NaiveArrays.sampleProductSum(w, b, w, b));
  }

  @ConformanceCase("sampleProductSum(Tensor,Tensor,Tensor,Tensor)")
  void sumOfSampleProductsRefusesWhatDoesNotFit() {
    Tensor u = input(random(2, 3, 4, 5));
    Tensor a = input(random(2, 3, 6, 5));
    assertRefused(() -> backend.sampleProductSum(u, input(random(2, 3, 6, 4)), u, a));
    assertRefused(() -> backend.sampleProductSum(u, input(random(3, 2, 6, 5)), u, a));
    assertRefused(() -> backend.sampleProductSum(u, a, input(random(2, 3, 1, 5)), a));
    assertRefused(() -> backend.sampleProductSum(u, a, u, input(random(2, 3, 1, 5))));
    assertRefused(() -> backend.sampleProductSum(u, a, u, input(random(2, 18, 5))));
  }

  @ConformanceCase("weightedSampleProduct(Tensor,Tensor,Tensor,Tensor)")
  void pullsWeightsBackThroughSampleProducts() {
    assertWeighsSampleProducts(3, 2, 4, 5, 6);
    assertWeighsSampleProducts(1, 1, 1, 1, 1);
    assertWeighsSampleProducts(1, 2, 3, 4, 5);
    assertWeighsSampleProducts(4, 3, 1, 2, 1);
    assertWeighsSampleProducts(4, 1, 2, 1, 7);
  }

  @ConformanceCase("weightedSampleProduct(Tensor,Tensor,Tensor,Tensor)")
  void pullsBackThroughMoreSampleProductsThanFitInMemoryAtOnce() {
    assertWeighsSampleProducts(5, 1, LARGE_OUTPUTS, LARGE_INPUTS, 1);
    assertWeighsSampleProducts(2, 2, LARGE_OUTPUTS, LARGE_INPUTS, 2);
  }

  @ConformanceCase("weightedSampleProduct(Tensor,Tensor,Tensor,Tensor)")
  void weightedSampleProductRefusesWhatDoesNotFit() {
    Tensor c = input(random(3, 4, 6));
    Tensor v = input(random(2, 3, 4, 5));
    Tensor b = input(random(2, 3, 6, 5));
    assertRefused(() -> backend.weightedSampleProduct(input(random(3, 6, 4)), v, b, b));
    assertRefused(() -> backend.weightedSampleProduct(input(random(3, 1, 6)), v, b, b));
    assertRefused(() -> backend.weightedSampleProduct(c, v, b, input(random(2, 3, 4, 5))));
    assertRefused(() -> backend.weightedSampleProduct(c, v, input(random(2, 3, 6, 1)), b));
    assertRefused(() -> backend.weightedSampleProduct(c, v, input(random(3, 2, 6, 5)), b));
  }
}
