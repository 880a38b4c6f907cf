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
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.ConcreteTypes;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.NaiveArray;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Elementwise;
import org.samplegrad.core.ops.SecondOrderCheck;
import org.samplegrad.core.ops.Shapes;

/** What every loss must do, against its formula for one sample in plain arithmetic. */
class LossContractTest {
  private static final double EXTREME = 1e4;
  private static final double ROUNDING = 1e-12;

  private Backend backend;

  static Stream<LossCase> cases() {
    return LossCase.all();
  }

  static Collection<LossKind> kinds() {
    return LossKind.all();
  }

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
  void everyLossOfThePackageHasACase() {
    assertThat(cases().map(given -> given.loss().getClass().getName()).distinct())
        .containsExactlyInAnyOrderElementsOf(ConcreteTypes.of(Loss.class));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyLossHasACaseWithItsDefaultsAndForEachOption(LossKind kind) {
    List<Set<String>> optionsSet =
        cases()
            .filter(given -> given.name().equals(kind.toString()))
            .map(given -> given.options().keySet())
            .toList();
    assertThat(optionsSet).contains(Set.of());
    assertThat(optionsSet.stream().flatMap(Set::stream).collect(Collectors.toSet()))
        .containsExactlyInAnyOrderElementsOf(kind.optionNames());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsItsFormulaForEachSample(LossCase given) {
    Variable losses = given.loss().losses(leaf(given.predictions()), given.targets());

    assertThat(losses.shape()).isEqualTo(Shape.of(LossCase.SAMPLES));
    assertThat(backend.toDoubles(losses.value()))
        .containsExactly(given.expected(), within(ROUNDING));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isSmoothToTheSecondOrder(LossCase given) {
    SecondOrderCheck.check(
        List.of(given.predictions()),
        inputs -> given.loss().losses(inputs.get(0), given.targets()));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void wantsAsManyNumbersPerSampleAsItsFormula(LossCase given) {
    TargetSpec target = given.loss().target(given.outputShape());

    assertThat(target.perSample()).isEqualTo(given.targets().perSample());
    for (double value : given.targetValues()) {
      assertThat(target.problem(value)).isNull();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void drawsTargetsThatItTakes(LossCase given) {
    TargetSpec target = given.loss().target(given.outputShape());
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 100; i++) {
      assertThat(target.problem(target.draw(random))).isNull();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aMeanDividesAsPyTorchDoes(LossCase given) {
    assertThat(given.loss().denominator(given.outputShape(), given.targets()))
        .isEqualTo(given.denominator());
  }

  /** In float32, whose range and resolution such scores go to the end of. */
  @ParameterizedTest
  @MethodSource("cases")
  void staysFiniteForExtremePredictions(LossCase given) {
    double[] values = new double[given.predictions().values().length];
    for (double magnitude : new double[] {0, 90, EXTREME}) {
      for (int i = 0; i < values.length; i++) {
        values[i] = i % 2 == 0 ? magnitude : -magnitude;
      }
      try (Backend float32 = Backends.open(Backends.AUTO, Precision.FLOAT32)) {
        Shape shape = given.predictions().shape();
        Variable extreme = Variable.leaf(float32.tensor(shape, values));
        Variable losses = given.loss().losses(extreme, given.targets());
        Variable gradient = Gradients.of(Shapes.sumAll(losses), List.of(extreme)).get(0);
        Variable squares = Shapes.sumAll(Elementwise.square(gradient));
        Variable second = Gradients.of(squares, List.of(extreme)).get(0);
        for (Variable variable : List.of(losses, gradient, second)) {
          assertThat(float32.toDoubles(variable.value())).satisfies(LossContractTest::isFinite);
        }
      }
    }
  }

  private static void isFinite(double[] values) {
    assertThat(Arrays.stream(values)).allMatch(Double::isFinite);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void refusesTargetsForAnotherNumberOfSamples(LossCase given) {
    Targets targets = given.targets();
    for (int samples : new int[] {LossCase.SAMPLES - 1, LossCase.SAMPLES + 1}) {
      Targets misfit =
          new Targets(
              Arrays.copyOf(targets.values(), samples * targets.perSample()), targets.perSample());
      assertThatIllegalArgumentException()
          .isThrownBy(() -> given.loss().losses(leaf(given.predictions()), misfit));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void travelsToExecutorsUnchanged(LossCase given) throws IOException, ClassNotFoundException {
    TargetSpec target = given.loss().target(given.outputShape());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(given.loss());
      out.writeObject(target);
    }

    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(in.readObject()).isEqualTo(given.loss());
      assertThat(in.readObject()).isEqualTo(target);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void isFoundByTheNameItPrints(LossKind kind) {
    assertThat(LossKind.named(kind.toString())).isSameAs(kind);
    assertThat(LossKind.choices()).contains(kind.toString());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void anUnknownOptionIsToldTheChoices(LossKind kind) {
    String choices =
        kind.optionNames().isEmpty() ? "has none" : String.join(", ", kind.optionNames());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> kind.create(Map.of("gamma", "2")))
        .withMessageContainingAll(kind.toString(), "'gamma'", choices);
  }
}
