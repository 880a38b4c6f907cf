package org.samplegrad.core.losses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import java.util.function.ToDoubleBiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.NaiveArray;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.SecondOrderCheck;
import org.samplegrad.core.ops.Shapes;

/** What every loss must do, against its formula for one sample in plain arithmetic. */
class LossContractTest {
  private static final int SAMPLES = 4;
  private static final int OUTPUTS = 3;
  private static final double EXTREME = 1000;
  private static final double ROUNDING = 1e-12;

  /** One entry for each {@link LossKind}, of the same name. */
  private enum Formula {
    CROSS_ENTROPY(
        new double[] {0, 2, 1, 2},
        (z, y) -> Math.log(Arrays.stream(z).map(Math::exp).sum()) - z[(int) y[0]],
        SAMPLES),
    MEAN_SQUARED_ERROR(
        new double[] {1, -2, 0.5, 0, 0, 0, 3, 2, 1, -1, 1, -1},
        (z, y) -> sumOverOutputs(z, y, (a, b) -> (a - b) * (a - b)),
        SAMPLES * OUTPUTS),
    BINARY_CROSS_ENTROPY_WITH_LOGITS(
        new double[] {1, 0, 1, 0, 0, 0, 1, 1, 1, 0.25, 1, 0},
        (z, y) -> sumOverOutputs(z, y, Formula::logistic),
        SAMPLES * OUTPUTS);

    final Targets targets;
    final ToDoubleBiFunction<double[], double[]> ofOneSample;
    final double denominator;

    Formula(
        double[] targets, ToDoubleBiFunction<double[], double[]> ofOneSample, double denominator) {
      this.targets = new Targets(targets, targets.length / SAMPLES);
      this.ofOneSample = ofOneSample;
      this.denominator = denominator;
    }

    static Formula of(LossKind kind) {
      return valueOf(kind.name());
    }

    private static double logistic(double z, double y) {
      double probability = 1 / (1 + Math.exp(-z));
      return -y * Math.log(probability) - (1 - y) * Math.log(1 - probability);
    }

    private static double sumOverOutputs(double[] z, double[] y, DoubleBinaryOperator term) {
      double sum = 0;
      for (int k = 0; k < z.length; k++) {
        sum += term.applyAsDouble(z[k], y[k]);
      }
      return sum;
    }
  }

  private final NaiveArray predictions = NaiveArray.random(new Random(5), SAMPLES, OUTPUTS);
  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open(Backends.AUTO, Precision.FLOAT64);
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private Variable leaf(NaiveArray array) {
    return Variable.leaf(array.on(backend));
  }

  @Test
  void everyLossHasAFormula() {
    assertThat(Formula.values())
        .extracting(Formula::name)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(LossKind.values()).map(LossKind::name).toList());
  }

  @ParameterizedTest
  @EnumSource
  void equalsItsFormulaForEachSample(LossKind kind) {
    Formula formula = Formula.of(kind);
    int perSample = formula.targets.perSample();

    Variable losses = kind.create().losses(leaf(predictions), formula.targets);

    double[] expected = new double[SAMPLES];
    for (int n = 0; n < SAMPLES; n++) {
      double[] target =
          Arrays.copyOfRange(formula.targets.values(), n * perSample, (n + 1) * perSample);
      expected[n] = formula.ofOneSample.applyAsDouble(predictions.sample(n).values(), target);
    }
    assertThat(losses.shape()).isEqualTo(Shape.of(SAMPLES));
    assertThat(backend.toDoubles(losses.value())).containsExactly(expected, within(ROUNDING));
  }

  @ParameterizedTest
  @EnumSource
  void isSmoothToTheSecondOrder(LossKind kind) {
    SecondOrderCheck.check(
        List.of(predictions),
        inputs -> kind.create().losses(inputs.get(0), Formula.of(kind).targets));
  }

  @ParameterizedTest
  @EnumSource
  void wantsAsManyNumbersPerSampleAsItsFormula(LossKind kind) {
    TargetSpec target = kind.create().target(Shape.of(OUTPUTS));

    assertThat(target.perSample()).isEqualTo(Formula.of(kind).targets.perSample());
    for (double value : Formula.of(kind).targets.values()) {
      assertThat(target.problem(value)).isNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aMeanDividesAsPyTorchDoes(LossKind kind) {
    assertThat(kind.create().denominator(Formula.of(kind).targets))
        .isEqualTo(Formula.of(kind).denominator);
  }

  @ParameterizedTest
  @EnumSource
  void staysFiniteForExtremePredictions(LossKind kind) {
    double[] values = new double[SAMPLES * OUTPUTS];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 2 == 0 ? EXTREME : -EXTREME;
    }
    Variable extreme = leaf(NaiveArray.of(Shape.of(SAMPLES, OUTPUTS), values));

    Variable losses = kind.create().losses(extreme, Formula.of(kind).targets);
    Variable gradient = Gradients.of(Shapes.sumAll(losses), List.of(extreme)).get(0);
    Variable second = Gradients.of(Shapes.sumAll(gradient), List.of(extreme)).get(0);

    for (Variable variable : List.of(losses, gradient, second)) {
      assertThat(Arrays.stream(backend.toDoubles(variable.value()))).allMatch(Double::isFinite);
    }
    assertThat(Arrays.stream(backend.toDoubles(losses.value()))).allMatch(loss -> loss >= 0);
  }

  @ParameterizedTest
  @EnumSource
  void refusesTargetsForAnotherNumberOfSamples(LossKind kind) {
    Targets targets = Formula.of(kind).targets;
    for (int samples : new int[] {SAMPLES - 1, SAMPLES + 1}) {
      Targets misfit =
          new Targets(
              Arrays.copyOf(targets.values(), samples * targets.perSample()), targets.perSample());
      assertThatIllegalArgumentException()
          .isThrownBy(() -> kind.create().losses(leaf(predictions), misfit));
    }
  }

  @ParameterizedTest
  @EnumSource
  void travelsToExecutorsUnchanged(LossKind kind) throws IOException, ClassNotFoundException {
    TargetSpec target = kind.create().target(Shape.of(OUTPUTS));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(kind.create());
      out.writeObject(target);
    }

    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(in.readObject()).isEqualTo(kind.create());
      assertThat(in.readObject()).isEqualTo(target);
    }
  }

  @ParameterizedTest
  @EnumSource
  void isFoundByTheNameItPrints(LossKind kind) {
    assertThat(LossKind.named(kind.toString())).isSameAs(kind);
    assertThat(LossKind.choices()).contains(kind.toString());
  }
}
