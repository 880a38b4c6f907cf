package org.samplegrad.core.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Activation;
import org.samplegrad.core.layers.Flatten;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

class SequentialTest {
  private static final Sequential MODEL =
      new Sequential(
          Shape.of(2, 3),
          List.of(new Flatten(), new Linear(6, 4, true), Activation.TANH, new Linear(4, 2, false)));

  @Test
  void namesParametersByPosition() {
    assertThat(MODEL.parameters().entries())
        .extracting(ParameterLayout.Entry::name)
        .containsExactly("1.weight", "1.bias", "3.weight");
    assertThat(MODEL.outputShape()).isEqualTo(Shape.of(2));
  }

  @Test
  void countsTheElementsOfAllLayers() {
    assertThat(MODEL.elementsPerSample()).isEqualTo(6 + 6 + 4 + 4 + 2);
  }

  @Test
  void initialParametersFollowFromTheSeed() {
    double[] values = MODEL.initialParameters(3).values();
    assertThat(MODEL.initialParameters(3).values()).containsExactly(values);
    assertThat(MODEL.initialParameters(4).values()).isNotEqualTo(values);
    assertThat(values).doesNotHaveDuplicates();
    assertThat(Arrays.stream(values).map(x -> (float) x).toArray()).containsExactly(values);
  }

  /** Uniform on plus or minus 1/sqrt(fan-in), as PyTorch draws them. */
  @ParameterizedTest
  @EnumSource
  void initialParametersAreUniformWithinTheBoundOfTheirLayer(ExampleModel example) {
    ParameterVector values = example.create().initialParameters(1);
    for (ParameterLayout.Entry entry : values.layout().entries()) {
      int fanIn =
          switch (example) {
            case LINEAR -> 2;
            case MNIST_LOGISTIC -> 784;
            case MNIST_CNN -> entry.name().startsWith("0") ? 25 : 720;
          };
      double bound = 1 / Math.sqrt(fanIn);
      double[] own = values.values(entry);
      assertThat(Arrays.stream(own).map(Math::abs).max().orElseThrow())
          .isLessThanOrEqualTo((float) bound);
      if (own.length > 1000) {
        double variance = Arrays.stream(own).map(x -> x * x).average().orElseThrow();
        assertThat(variance / (bound * bound / 3)).isBetween(0.95, 1.05);
        assertThat(Arrays.stream(own).sum() / own.length / bound).isBetween(-0.05, 0.05);
      }
    }
  }

  @Test
  void misfitLayerIsNamed() {
    assertThatThrownBy(
            () ->
                new Sequential(
                    Shape.of(6), List.of(new Linear(6, 4, true), new Linear(5, 2, false))))
        .isInstanceOf(UnusableModelException.class)
        .hasMessage("Layer 1: linear expects an input of shape [..., 5], found [4]");
  }

  @Test
  void forwardRecordsEveryUseOfALayerWithParameters() {
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      List<Variable> parameters = MODEL.initialParameters(0).variables(backend, Variable::leaf);
      Variable input = Variable.constant(backend.fill(Shape.of(5, 2, 3), 0.5));
      ForwardTrace trace = MODEL.forward(parameters, input);
      assertThat(trace.output().shape()).isEqualTo(Shape.of(5, 2));
      assertThat(trace.uses())
          .extracting(ForwardTrace.LayerUse::parameters)
          .containsExactly(List.of(0, 1), List.of(2));
      assertThat(trace.uses())
          .extracting(use -> use.input().shape())
          .containsExactly(Shape.of(5, 6), Shape.of(5, 4));
      assertThat(trace.uses().get(1).output()).isSameAs(trace.output());
    }
  }

  @ParameterizedTest
  @EnumSource
  void exampleModelsFitTheirLossAndAreFoundByName(ExampleModel example) {
    Model model = example.create();
    LossKind loss = example.loss();
    assertThat(loss.create().target(model.outputShape()).perSample()).isEqualTo(1);
    assertThat(ExampleModel.named(example.toString())).contains(example);
    assertThat(ExampleModel.named("no-such-model")).isEqualTo(Optional.empty());
  }

  @Test
  void exampleModelsHaveTheParametersOfBackPacksPage() {
    assertThat(ExampleModel.LINEAR.create().parameters().toString())
        .isEqualTo("[Entry[name=0.weight, shape=[1, 2], offset=0]]");
    assertThat(ExampleModel.MNIST_LOGISTIC.create().parameters().entries())
        .extracting(ParameterLayout.Entry::name)
        .containsExactly("1.weight", "1.bias");
    assertThat(ExampleModel.MNIST_CNN.create().parameters().entries())
        .extracting(ParameterLayout.Entry::shape)
        .containsExactly(Shape.of(5, 1, 5, 5), Shape.of(5), Shape.of(10, 720), Shape.of(10));
  }
}
