package org.samplegrad.core.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;

/** What an operation adds to the primitives of the backend, and conventions at kinks. */
class OperationValuesTest {
  private static final double ROUNDING = 1e-12;
  private static final double EXTREME = 1000;

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open(Backends.AUTO, Precision.FLOAT64);
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private Variable leaf(Shape shape, double... values) {
    return Variable.leaf(backend.tensor(shape, values));
  }

  private double[] values(Variable x) {
    return backend.toDoubles(x.value());
  }

  private double[] gradient(Variable y, Variable x) {
    return values(Gradients.constantsOf(Shapes.sumAll(y), List.of(x)).get(0));
  }

  @Test
  void sumsForScalarsAndSamples() {
    Variable x = leaf(Shape.of(2, 1, 3), 1, 2, 3, 4, 5, 6);

    assertThat(Shapes.sumAll(x).shape()).isEqualTo(Shape.scalar());
    assertThat(Shapes.sumAll(x).item()).isEqualTo(21);
    assertThat(Shapes.sumPerSample(x).shape()).isEqualTo(Shape.of(2));
    assertThat(values(Shapes.sumPerSample(x))).containsExactly(6, 15);
  }

  @Test
  void sumToUndoesABroadcast() {
    Variable x = leaf(Shape.of(2, 2, 3), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);

    assertThat(values(Shapes.sumTo(x, Shape.of(3)))).containsExactly(22, 26, 30);
    assertThat(values(Shapes.sumTo(x, Shape.of(2, 1)))).containsExactly(30, 48);
    assertThat(Shapes.sumTo(x, Shape.of(2, 1)).shape()).isEqualTo(Shape.of(2, 1));
    assertThat(values(Shapes.sumTo(x, Shape.scalar()))).containsExactly(78);
    assertThat(Shapes.sumTo(x, x.shape())).isSameAs(x);
  }

  @Test
  void logSumExpFollowsItsFormulaOverTheLastAxis() {
    Variable x = leaf(Shape.of(2, 3), 0.5, -1, 2, 3, 3, 3);

    Variable y = Shapes.logSumExp(x);

    assertThat(y.shape()).isEqualTo(Shape.of(2, 1));
    assertThat(values(y))
        .containsExactly(
            new double[] {Math.log(Math.exp(0.5) + Math.exp(-1) + Math.exp(2)), 3 + Math.log(3)},
            within(ROUNDING));
  }

  @Test
  void logSumExpOfExtremeNumbersNeitherOverflowsNorVanishes() {
    Variable x = leaf(Shape.of(3, 2), EXTREME, -EXTREME, -EXTREME, -EXTREME, EXTREME, EXTREME);

    Variable y = Shapes.logSumExp(x);

    assertThat(values(y))
        .containsExactly(
            new double[] {EXTREME, -EXTREME + Math.log(2), EXTREME + Math.log(2)},
            within(ROUNDING * EXTREME));
    assertThat(gradient(y, x))
        .containsExactly(new double[] {1, 0, .5, .5, .5, .5}, within(ROUNDING));
  }

  @Test
  void theDerivativeOfReluAtZeroIsZero() {
    Variable x = leaf(Shape.of(4), -1, 0, -0.0, 1);

    assertThat(gradient(Elementwise.relu(x), x)).containsExactly(0, 0, 0, 1);
  }

  @Test
  void boundsThatAreInfiniteDoNotBound() {
    Variable x = leaf(Shape.of(3), -EXTREME, 0, EXTREME);

    assertThat(values(Elementwise.softplus(x, Double.POSITIVE_INFINITY)))
        .containsExactly(values(Elementwise.softplus(x)));
    assertThat(Elementwise.clip(x, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY)).isSameAs(x);
  }

  @Test
  void clippingGivesTheNearerBound() {
    Variable x = leaf(Shape.of(3), -3, 0.5, 5);

    assertThat(values(Elementwise.clip(x, -1, 2))).containsExactly(-1, 0.5, 2);
    assertThat(values(Elementwise.clip(x, -1, Double.POSITIVE_INFINITY)))
        .containsExactly(-1, 0.5, 5);
    assertThat(values(Elementwise.clip(x, Double.NEGATIVE_INFINITY, 2)))
        .containsExactly(-3, 0.5, 2);
  }

  @Test
  void thePowersZeroAndOneAreOneAndTheNumber() {
    Variable x = leaf(Shape.of(3), -2, 0, 3);

    assertThat(values(Elementwise.power(x, 0))).containsExactly(1, 1, 1);
    assertThat(Elementwise.power(x, 1)).isSameAs(x);
    assertThat(gradient(Elementwise.power(x, 0), x)).containsExactly(0, 0, 0);
  }

  @Test
  void theDerivativeOfSoftplusStaysFiniteFarFromZero() {
    Variable x = leaf(Shape.of(3), -EXTREME, 0, EXTREME);

    assertThat(gradient(Elementwise.softplus(x), x)).containsExactly(0, 0.5, 1);
  }

  @Test
  void poolingGivesATieToTheFirst() {
    Variable x = leaf(Shape.of(1, 1, 2, 4), 2, 2, 0, 1, 2, 2, 1, 0);
    Window pairs = Window.ofKernel(2, 2).withStride(2);

    Variable pooled = Selection.maxPool(x, pairs);

    assertThat(pooled.shape()).isEqualTo(Shape.of(1, 1, 1, 2));
    assertThat(values(pooled)).containsExactly(2, 1);
    assertThat(gradient(pooled, x)).containsExactly(1, 0, 0, 1, 0, 0, 0, 0);
  }

  @Test
  void overlappingWindowsAddTheirCotangents() {
    Variable x = leaf(Shape.of(1, 1, 1, 4), 0, 3, 1, 2);
    Window overlapping = Window.ofKernel(1, 2);

    assertThat(gradient(Selection.maxPool(x, overlapping), x)).containsExactly(0, 2, 0, 1);
  }

  @Test
  void reshapingToTheSameShapeRecordsNothing() {
    Variable x = leaf(Shape.of(2), 1, 2);

    assertThat(Shapes.reshape(x, Shape.of(2))).isSameAs(x);
    assertThat(Shapes.broadcastTo(x, Shape.of(2))).isSameAs(x);
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    Variable x = leaf(Shape.of(2), 1, 2);
    Variable y = leaf(Shape.of(3), 1, 2, 3);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Elementwise.add(x, y))
        .withMessageContaining("[2]")
        .withMessageContaining("[3]");
    assertThatIllegalArgumentException().isThrownBy(() -> Shapes.reshape(x, Shape.of(3)));
    assertThatIllegalArgumentException().isThrownBy(() -> Shapes.broadcastTo(y, Shape.of(2)));
    assertThatIllegalArgumentException().isThrownBy(() -> Shapes.transpose(x, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> Products.matmul(x, y));
    assertThatIllegalArgumentException().isThrownBy(() -> Shapes.sumTo(x, Shape.of(3)));
    assertThatIllegalArgumentException().isThrownBy(() -> Shapes.sumTo(x, Shape.of(1, 2)));
  }
}
