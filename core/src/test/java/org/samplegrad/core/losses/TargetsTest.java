package org.samplegrad.core.losses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;

/** What a label may be, and what a user is told of one that is not. */
class TargetsTest {
  private static final int CLASSES = 10;

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.0, 3, CLASSES - 1})
  void acceptsEveryClass(double label) {
    assertThat(new TargetSpec.ClassIndex(CLASSES).problem(label)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "10, class 10 is out of range",
    "-1, class -1 is out of range",
    "2.5, 2.5 is not a class",
    "NaN, NaN is not a class",
    "Infinity, Infinity is not a class",
    "-Infinity, -Infinity is not a class",
    "1e20, class 100000000000000000000 is out of range"
  })
  void saysWhatIsWrongWithAClass(double label, String problem) {
    assertThat(new TargetSpec.ClassIndex(CLASSES).problem(label))
        .isEqualTo(problem + ": expected an integer from 0 to 9");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void numbersMustBeFinite(double label) {
    assertThat(new TargetSpec.Numbers(1).problem(label)).contains("" + label, "finite");
    assertThat(new TargetSpec.Numbers(1).problem(-1e300)).isNull();
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, -1e-9})
  void probabilitiesAreFiniteAndNotNegative(double label) {
    assertThat(new TargetSpec.Probabilities(3, 1).problem(label))
        .contains(label + " is not a probability", "at least 0");
    assertThat(new TargetSpec.Probabilities(3, 1).problem(1.5)).isNull();
  }

  @Test
  void theIgnoredLabelAloneIsAllowedBesideTheClasses() {
    TargetSpec label = new TargetSpec.ClassIndex(CLASSES, 1, -100);
    assertThat(label.problem(-100)).isNull();
    assertThat(label.problem(9)).isNull();
    assertThat(label.problem(-1))
        .isEqualTo(
            "class -1 is out of range: expected an integer from 0 to 9, or -100 to be ignored");
  }

  @Test
  void describesWhatALabelShouldBe() {
    assertThat(new TargetSpec.ClassIndex(CLASSES).description())
        .isEqualTo("an integer from 0 to 9");
    assertThat(new TargetSpec.ClassIndex(CLASSES, 6, null).description())
        .isEqualTo("an array of 6 integers from 0 to 9");
    assertThat(new TargetSpec.Probabilities(CLASSES, 1).description())
        .isEqualTo("an array of 10 class probabilities");
    assertThat(new TargetSpec.Probabilities(CLASSES, 6).description())
        .isEqualTo("an array of 10 class probabilities for each of 6 positions");
    assertThat(new TargetSpec.Numbers(1).description()).isEqualTo("a number");
    assertThat(new TargetSpec.Numbers(3).description()).isEqualTo("an array of 3 numbers");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cross-entropy", "nll"})
  void classesAreTheFirstAxisOfTheOutput(String loss) {
    assertThat(LossKind.named(loss).create().target(Shape.of(CLASSES)))
        .isEqualTo(new TargetSpec.ClassIndex(CLASSES));
    assertThat(LossKind.named(loss).create().target(Shape.of(CLASSES, 2, 3)))
        .isEqualTo(new TargetSpec.ClassIndex(CLASSES, 6, null));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LossKind.named(loss).create().target(Shape.scalar()))
        .withMessageContaining("[classes]")
        .withMessageContaining("[]");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, 3, 0.5, Double.NaN})
  void crossEntropyNeverTakesTheScoreOfAnotherSample(double label) {
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      Variable scores = Variable.constant(backend.fill(Shape.of(2, 3), 0));

      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> new CrossEntropy().losses(scores, new Targets(new double[] {label, 1}, 1)))
          .withMessageContaining("expected an integer from 0 to 2");
    }
  }

  @Test
  void aBlockKnowsItsSamples() {
    Targets targets = new Targets(new double[] {1, 2, 3, 4, 5, 6}, 2);

    assertThat(targets.samples()).isEqualTo(3);
    assertThat(targets)
        .isEqualTo(new Targets(new double[] {1, 2, 3, 4, 5, 6}, 2))
        .isNotEqualTo(new Targets(new double[] {1, 2, 3, 4, 5, 6}, 3))
        .isNotEqualTo(new Targets(new double[] {1, 2, 3, 4, 5, 0}, 2));
  }

  @Test
  void anUnknownLossIsToldTheChoices() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LossKind.named("hinge"))
        .withMessageContaining("'hinge'")
        .withMessageContaining("bce-with-logits, cross-entropy, huber, l1, mse, nll, smooth-l1");
  }
}
