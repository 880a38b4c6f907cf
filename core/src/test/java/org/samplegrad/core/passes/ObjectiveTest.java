package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.layers.Activation;
import org.samplegrad.core.layers.Convolution;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.losses.Loss;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.models.ExampleModel;
import org.samplegrad.core.models.Sequential;
import org.samplegrad.core.models.UnusableModelException;

class ObjectiveTest {

  private static Objective linear(int inputs, int outputs) {
    return new Objective(
        new Sequential(Shape.of(inputs), List.of(new Linear(inputs, outputs, true))),
        LossKind.named("mse").create());
  }

  private static int blockSize(Objective objective, Precision precision) {
    return objective.blockSize(Backends.provider("nd4j", precision), precision);
  }

  @Test
  void classWeightsMustFitTheModel() {
    Sequential image = new Sequential(Shape.of(2, 3, 3), List.of(Activation.RELU));
    Loss weighted = LossKind.named("cross-entropy").create(Map.of("class-weights", "1,2,3"));
    assertThatThrownBy(() -> new Objective(image, weighted))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContainingAll("does not fit the model", "class-weights", "3", "expected 2");
  }

  static Collection<LossKind> losses() {
    return LossKind.all();
  }

  @ParameterizedTest
  @MethodSource("losses")
  void modelWithoutParametersIsRefused(LossKind loss) {
    Sequential nothing = new Sequential(Shape.of(3), List.of(Activation.TANH));
    assertThatThrownBy(() -> new Objective(nothing, loss.create()))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("no parameters");
  }

  @ParameterizedTest
  @EnumSource
  void blockSizeFitsTheMemoryBudget(ExampleModel example) {
    Objective objective = new Objective(example.create(), example.loss().create());
    for (Precision precision : Precision.values()) {
      int bytes = precision == Precision.FLOAT32 ? 4 : 8;
      int size = blockSize(objective, precision);
      assertThat(size).isBetween(1, 1024);
      assertThat(size * objective.model().elementsPerSample() * bytes).isLessThan(64L << 20);
    }
  }

  /** Else adding up arrays of the parameters' size would take longer than the samples. */
  @Test
  void blocksAreLargerWhereTheParametersAre() {
    int few = blockSize(linear(8000, 1), Precision.FLOAT32);
    int many = blockSize(linear(8000, 500), Precision.FLOAT32);
    assertThat(many).isGreaterThan(2 * few);
  }

  /** The columns of a convolution are many times its images. */
  @Test
  void blocksAreLargerWhereLayersWorkSampleBySample() {
    Layer convolution = new Convolution(32, 64, Window.ofKernel(9, 9), 1, true);
    Objective objective =
        new Objective(
            new Sequential(Shape.of(32, 32, 32), List.of(convolution)),
            LossKind.named("mse").create());
    int sampleBySample =
        objective.blockSize(Backends.provider("cpu", Precision.FLOAT32), Precision.FLOAT32);
    assertThat(sampleBySample).isGreaterThan(blockSize(objective, Precision.FLOAT32));
  }

  @Test
  void blockSizeFallsWithTheModelAndStaysWithinBounds() {
    assertThat(blockSize(linear(1, 1), Precision.FLOAT32)).isEqualTo(1024);
    assertThat(blockSize(linear(10_000_000, 1), Precision.FLOAT32)).isEqualTo(1);
    int single = blockSize(linear(20_000, 1), Precision.FLOAT32);
    assertThat(single).isBetween(2, 1023);
    assertThat(blockSize(linear(20_000, 1), Precision.FLOAT64)).isEqualTo(single / 2);
  }

  /** A line, lines whose parameters decide, and whose memory does, and columns of images. */
  static Stream<Objective> objectives() {
    return Stream.of(
        linear(20_000, 1),
        linear(8000, 500),
        linear(20_000, 20_000),
        new Objective(
            new Sequential(
                Shape.of(32, 32, 32),
                List.of(new Convolution(32, 64, Window.ofKernel(9, 9), 1, true))),
            LossKind.named("mse").create()));
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void blockSizeIsTheLargestThatCacheOrParametersAskForAndMemoryAllows(Objective objective) {
    long elements = objective.model().elementsPerSample();
    for (Precision precision : Precision.values()) {
      long bytes = precision == Precision.FLOAT32 ? 16 : 32;
      long asked =
          Math.max(
              (24L << 20) / (bytes * elements),
              6L * objective.model().parameters().size() / elements);
      long allowed = (72L << 20) / (bytes * (elements + objective.model().scratchPerSample()));
      assertThat((long) blockSize(objective, precision))
          .isEqualTo(Math.max(1, Math.min(1024, Math.min(asked, allowed))));
    }
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void arraysOfTheLargestBlockHaveAnIndex(Objective objective) {
    long perSample = objective.model().elementsPerSample() + objective.model().scratchPerSample();
    long largest = objective.largestBlockSize();
    assertThat(largest * perSample).isLessThanOrEqualTo(Integer.MAX_VALUE);
    assertThat((largest + 1) * perSample).isGreaterThan(Integer.MAX_VALUE);
  }
}
