package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.models.ExampleModel;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.persample.Quantity;

/** What a batch in memory does not take. */
class LocalBatchRefusalTest {
  private static final ObjectiveCase LOGISTIC =
      ObjectiveCase.examples()
          .filter(c -> c.name().equals(ExampleModel.MNIST_LOGISTIC.toString()))
          .findFirst()
          .orElseThrow();

  @Test
  void unknownParameterIsRefusedWithTheChoices() {
    try (LocalBatch batch = LocalBatchTest.open(LOGISTIC, LOGISTIC.all(), Reduction.SUM)) {
      assertThatThrownBy(() -> batch.quantity("0.weight", Quantity.VARIANCE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("'0.weight'", "1.weight", "1.bias");
    }
  }

  @Test
  void targetsThatTheLossCannotTakeAreRefused() {
    double[] inputs = new double[2 * 784];
    Shape shape = Shape.of(1, 28, 28);
    assertRefused(Block.of(2, shape, inputs, new double[] {10, 0}), "sample 0", "class 10");
    assertRefused(Block.of(2, shape, inputs, new double[] {0, -1}), "sample 1", "class -1");
    assertRefused(Block.of(2, shape, inputs, new double[] {0, 2.5}), "sample 1", "2.5");
    assertRefused(Block.of(2, shape, inputs, new double[4]), "an integer from 0 to 9", "2 numbers");
  }

  @Test
  void theSampleOfOneOfManyTargetsIsNamed() {
    ObjectiveCase given = ObjectiveCase.smooth().findFirst().orElseThrow();
    double[] targets = {1, 2, 3, Double.NaN, 5, 6}; // two for each sample
    Block block = Block.of(3, Shape.of(3), new double[9], targets);
    assertThatThrownBy(() -> LocalBatchTest.open(given, block, Reduction.SUM))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("sample 1", "NaN");
  }

  @Test
  void inputsOfAnotherShapeAreRefused() {
    assertRefused(
        Block.of(1, Shape.of(28, 28), new double[784], new double[1]), "[1, 28, 28]", "[28, 28]");
  }

  @Test
  void parametersOfAnotherModelAreRefused() {
    ParameterVector other = ExampleModel.MNIST_CNN.create().initialParameters(0);
    assertThatThrownBy(
            () ->
                new LocalBatch(
                    LOGISTIC.objective(), other, LOGISTIC.all(), Reduction.SUM, Precision.FLOAT64))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("1.weight", "4.weight");
  }

  private static void assertRefused(Block block, String... fragments) {
    assertThatThrownBy(() -> LocalBatchTest.open(LOGISTIC, block, Reduction.SUM))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(fragments);
  }
}
