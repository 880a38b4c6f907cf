package org.samplegrad.core.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.exp;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.square;
import static org.samplegrad.core.ops.Elementwise.tanh;
import static org.samplegrad.core.ops.Shapes.sumAll;

import java.lang.ref.WeakReference;
import java.util.List;
import java.util.function.UnaryOperator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;

class GradientsTest {
  private static final Offset<Double> ROUNDING = Offset.offset(1e-12);
  private static final int DEEP = 100_000;
  private static final int COLLECTIONS = 100;

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open(Backends.AUTO, Precision.FLOAT64);
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private Variable leaf(double... values) {
    Shape shape = values.length == 1 ? Shape.scalar() : Shape.of(values.length);
    return Variable.leaf(backend.tensor(shape, values));
  }

  private static Variable derivative(Variable y, Variable x) {
    return Gradients.of(y, List.of(x)).get(0);
  }

  private double[] values(Variable variable) {
    return backend.toDoubles(variable.value());
  }

  private void assertDerivatives(UnaryOperator<Variable> function, double at, double... expected) {
    Variable x = leaf(at);
    Variable derivative = function.apply(x);
    for (double value : expected) {
      derivative = derivative(derivative, x);
      assertThat(derivative.item()).isCloseTo(value, ROUNDING);
    }
  }

  @Test
  void derivativesOfAPowerUpToTheFourth() {
    assertDerivatives(x -> multiply(x, multiply(x, x)), 2, 3 * 2 * 2, 6 * 2, 6, 0);
  }

  @Test
  void derivativesOfAnExponentialUpToTheThird() {
    double x = 0.7;
    assertDerivatives(
        v -> exp(square(v)),
        x,
        2 * x * Math.exp(x * x),
        (2 + 4 * x * x) * Math.exp(x * x),
        (12 * x + 8 * x * x * x) * Math.exp(x * x));
  }

  @Test
  void derivativesOfAHyperbolicTangentUpToTheThird() {
    double x = 0.3;
    double y = Math.tanh(x);
    double slope = 1 - y * y;
    assertDerivatives(v -> tanh(v), x, slope, -2 * y * slope, slope * (6 * y * y - 2));
  }

  @Test
  void mixedDerivatives() {
    Variable x = leaf(1.5);
    Variable y = leaf(-0.5);
    Variable function = multiply(square(x), exp(y));

    Variable inX = derivative(function, x);
    Variable inY = derivative(function, y);

    double expected = 2 * 1.5 * Math.exp(-0.5);
    assertThat(derivative(inX, y).item()).isCloseTo(expected, ROUNDING);
    assertThat(derivative(inY, x).item()).isCloseTo(expected, ROUNDING);
  }

  @Test
  void theGradientOfAVectorHasItsShape() {
    Variable x = leaf(1, -2, 3);

    Variable gradient = derivative(sumAll(multiply(square(x), x)), x);

    assertThat(gradient.shape()).isEqualTo(x.shape());
    assertThat(values(gradient)).containsExactly(3, 12, 27);
  }

  @Test
  void aSharedNodeReceivesTheSumOfItsCotangents() {
    Variable x = leaf(0.5);
    Variable shared = exp(x);
    Variable y = add(multiply(shared, shared), add(shared, x));

    double e = Math.exp(0.5);
    assertThat(derivative(y, x).item()).isCloseTo(2 * e * e + e + 1, ROUNDING);
    assertThat(derivative(y, shared).item()).isCloseTo(2 * e + 1, ROUNDING);
  }

  @Test
  void aLadderOfSharedNodesIsSweptOnce() {
    int rungs = 40;
    Variable x = leaf(1);
    Variable y = x;
    for (int i = 0; i < rungs; i++) {
      y = add(y, y);
    }

    assertThat(derivative(y, x).item()).isEqualTo(Math.pow(2, rungs));
  }

  @Test
  void interiorNodesAndLeavesAreTargetsAlike() {
    Variable x = leaf(0.25);
    Variable inner = square(x);
    Variable outer = exp(inner);
    Variable y = multiply(outer, inner);

    List<Variable> gradients = Gradients.of(y, List.of(inner, x, outer, y));

    double e = Math.exp(0.0625);
    assertThat(gradients.get(0).item()).isCloseTo(e * (1 + 0.0625), ROUNDING);
    assertThat(gradients.get(1).item()).isCloseTo(e * (1 + 0.0625) * 0.5, ROUNDING);
    assertThat(gradients.get(2).item()).isCloseTo(0.0625, ROUNDING);
    assertThat(gradients.get(3).item()).isEqualTo(1);
  }

  @Test
  void theGradientAtAnInteriorNodeDependsOnTheLeaf() {
    Variable x = leaf(0.25);
    Variable inner = square(x);

    Variable gradient = derivative(multiply(exp(inner), x), inner);

    double e = Math.exp(0.0625);
    assertThat(gradient.item()).isCloseTo(e * 0.25, ROUNDING);
    assertThat(derivative(gradient, x).item()).isCloseTo(e + 0.25 * 0.5 * e, ROUNDING);
  }

  @Test
  void aTargetGivenTwiceHasItsGradientTwice() {
    Variable x = leaf(3);

    List<Variable> gradients = Gradients.of(square(x), List.of(x, x));

    assertThat(gradients).extracting(Variable::item).containsExactly(6.0, 6.0);
  }

  @Test
  void independentTargetsHaveZeroGradients() {
    Variable x = leaf(3);
    Variable other = leaf(1, 2);
    Variable resultOfX = exp(x);

    List<Variable> gradients = Gradients.of(square(x), List.of(other, resultOfX, x));

    assertThat(gradients.get(0).shape()).isEqualTo(other.shape());
    assertThat(values(gradients.get(0))).containsExactly(0, 0);
    assertThat(gradients.get(1).item()).isZero();
    assertThat(gradients.get(2).item()).isEqualTo(6);
  }

  @Test
  void constantsHaveZeroGradients() {
    Variable x = leaf(3);
    Variable constant = Variable.constant(backend.fill(Shape.scalar(), 2));
    Variable detached = exp(x).detach();

    List<Variable> gradients =
        Gradients.of(
            multiply(multiply(x, constant), add(constant, detached)),
            List.of(constant, detached, x));

    assertThat(gradients.get(0).item()).isZero();
    assertThat(gradients.get(1).item()).isZero();
    assertThat(gradients.get(2).item()).isCloseTo(2 * (2 + Math.exp(3)), ROUNDING);
  }

  @Test
  void onlyAScalarHasAGradient() {
    Variable x = leaf(1, 2);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Gradients.of(square(x), List.of(x)))
        .withMessageContaining("[2]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Gradients.constantsOf(square(x), List.of(x)));
  }

  @Test
  void constantGradientsHaveTheSameNumbersAndNoHistory() {
    Variable x = leaf(0.5, -1.5);
    Variable inner = tanh(x);
    Variable y = sumAll(multiply(exp(inner), square(x)));

    List<Variable> recorded = Gradients.of(y, List.of(x, inner));
    List<Variable> constant = Gradients.constantsOf(y, List.of(x, inner));

    for (int i = 0; i < recorded.size(); i++) {
      assertThat(values(constant.get(i))).containsExactly(values(recorded.get(i)));
      assertThat(recorded.get(i).isRecorded()).isTrue();
      assertThat(constant.get(i).isRecorded()).isFalse();
      assertThat(constant.get(i).inputs()).isEmpty();
    }
  }

  @Test
  void whatIsComputedFromConstantsRemembersNothing() {
    Variable constant = Variable.constant(backend.fill(Shape.of(2), 3));

    Variable result = square(constant);

    assertThat(result.isRecorded()).isFalse();
    assertThat(result.inputs()).isEmpty();
    assertThat(constant.detach()).isSameAs(constant);
  }

  @Test
  void aDeepGraphDoesNotExhaustTheStack() {
    Primitive same =
        new Primitive(
            "same", (b, inputs) -> inputs.get(0), List.of((gradient, y, inputs) -> gradient));
    Variable x = leaf(3);
    Variable y = square(x);
    for (int i = 0; i < DEEP; i++) {
      y = same.apply(y);
    }

    assertThat(derivative(derivative(y, x), x).item()).isEqualTo(2);
    assertThat(Gradients.constantsOf(y, List.of(x)).get(0).item()).isEqualTo(6);
  }

  @Test
  void aProductOfTheWrongShapeIsNamed() {
    Primitive wrong =
        new Primitive(
            "collapse",
            (b, inputs) -> b.sum(inputs.get(0), 0),
            List.of((gradient, y, inputs) -> gradient));
    Variable x = leaf(1, 2);

    assertThatIllegalStateException()
        .isThrownBy(() -> Gradients.of(wrong.apply(x), List.of(x)))
        .withMessageContaining("collapse")
        .withMessageContaining("[1]")
        .withMessageContaining("[2]");
  }

  @Test
  void aRecordedPullBackIsDifferentiableInItsCotangentsToo() {
    Variable x = leaf(3);
    Variable cotangent = leaf(2);

    List<Seed> seeds = List.of(new Seed(square(x), cotangent));
    Variable gradient = Gradients.pullBackRecorded(seeds, List.of(x)).get(0);

    assertThat(gradient.item()).isEqualTo(12);
    assertThat(derivative(gradient, cotangent).item()).isEqualTo(6);
    assertThat(derivative(gradient, x).item()).isEqualTo(4);
  }

  @Test
  void variablesAreNamedByTheirPrimitives() {
    assertThat(leaf(1, 2)).hasToString("variable[2]");
    assertThat(square(leaf(1, 2))).hasToString("square[2]");
  }

  @Test
  void onlyOneElementIsAnItem() {
    assertThat(Variable.leaf(backend.fill(Shape.of(1, 1), 4)).item()).isEqualTo(4);
    assertThatIllegalStateException().isThrownBy(() -> leaf(1, 2).item());
  }

  @Test
  void aGraphIsGarbageOnceItsLastResultIsDropped() {
    Variable x = leaf(0.5);

    WeakReference<Variable> interior = interiorOfADroppedGraph(x);

    for (int i = 0; i < COLLECTIONS && interior.get() != null; i++) {
      System.gc();
    }
    assertThat(interior.get()).isNull();
    assertThat(x.item()).isEqualTo(0.5);
  }

  private static WeakReference<Variable> interiorOfADroppedGraph(Variable x) {
    Variable interior = exp(x);
    Variable gradient = derivative(square(interior), x);
    assertThat(derivative(gradient, x).item()).isPositive();
    return new WeakReference<>(interior);
  }
}
