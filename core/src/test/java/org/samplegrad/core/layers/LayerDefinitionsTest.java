package org.samplegrad.core.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;

/** Names, shapes and initial bounds as PyTorch has them, and the messages of misfits. */
class LayerDefinitionsTest {
  private static final Window KERNEL = Window.ofKernel(3, 2);

  @Test
  void aLinearLayerHasPyTorchsParameters() {
    double bound = 1 / Math.sqrt(9);

    assertThat(new Linear(9, 4, true).parameters())
        .containsExactly(
            new ParameterSpec("weight", Shape.of(4, 9), bound),
            new ParameterSpec("bias", Shape.of(4), bound));
    assertThat(new Linear(9, 4, false).parameters())
        .containsExactly(new ParameterSpec("weight", Shape.of(4, 9), bound));
  }

  @Test
  void aConvolutionHasPyTorchsParameters() {
    double bound = 1 / Math.sqrt(2 * 3 * 2);

    assertThat(new Convolution(4, 6, KERNEL, 2, true).parameters())
        .containsExactly(
            new ParameterSpec("weight", Shape.of(6, 2, 3, 2), bound),
            new ParameterSpec("bias", Shape.of(6), bound));
    assertThat(new Convolution(4, 6, KERNEL, 2, false).parameters())
        .containsExactly(new ParameterSpec("weight", Shape.of(6, 2, 3, 2), bound));
  }

  @Test
  void normalisationsStartWithWeightOneAndBiasZero() {
    List<ParameterSpec> expected =
        List.of(
            new ParameterSpec("weight", Shape.of(2), 1, 0),
            new ParameterSpec("bias", Shape.of(2), 0, 0));

    assertThat(new BatchNorm(List.of(0.0, 1.0), List.of(1.0, 2.0), 0, true).parameters())
        .isEqualTo(expected);
    assertThat(new GroupNorm(1, 2, 1e-5, true).parameters()).isEqualTo(expected);
    assertThat(new LayerNorm(Shape.of(2), 1e-5, true, true).parameters()).isEqualTo(expected);
    assertThat(new LayerNorm(Shape.of(2), 1e-5, true, false).parameters())
        .isEqualTo(expected.subList(0, 1));
    assertThat(new GroupNorm(1, 2, 1e-5, false).parameters()).isEmpty();
  }

  @Test
  void preluStartsAtAQuarter() {
    assertThat(new PRelu(3).parameters())
        .containsExactly(new ParameterSpec("weight", Shape.of(3), 0.25, 0));
  }

  @Test
  void aLinearLayerMayHaveItsInputsFirst() {
    assertThat(new Linear(9, 4, false, true).parameters())
        .containsExactly(new ParameterSpec("weight", Shape.of(9, 4), 1.0 / 3));
  }

  @Test
  void impossibleNormalisationsAreRefused() {
    List<Double> two = List.of(1.0, 1.0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BatchNorm(3, two, two, 1e-5, true))
        .withMessageContaining("batchnorm of 3 channels");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BatchNorm(two, List.of(1.0, -1.0), 1e-5, true))
        .withMessageContaining("positive");
    assertThatIllegalArgumentException().isThrownBy(() -> new BatchNorm(two, two, -1, true));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BatchNorm(List.of(), List.of(), 1e-5, true));
    assertThatIllegalArgumentException().isThrownBy(() -> new GroupNorm(2, 3, 1e-5, true));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LayerNorm(Shape.scalar(), 1e-5, true, true));
  }

  @Test
  void layersThatUnfoldOrNormaliseNeedScratch() {
    int unfolded = 4 * 3 * 2 * (5 - 2) * (6 - 1);

    assertThat(new Convolution(4, 6, KERNEL, 2, true).scratchElements(Shape.of(4, 5, 6)))
        .isEqualTo(unfolded);
    assertThat(new Linear(9, 4, true).scratchElements(Shape.of(9))).isZero();
    assertThat(new MaxPool(KERNEL).scratchElements(Shape.of(4, 5, 6))).isZero();
    assertThat(new AveragePool(KERNEL, true).scratchElements(Shape.of(4, 5, 6)))
        .isEqualTo(unfolded);
    assertThat(new GroupNorm(1, 2, 1e-5, true).scratchElements(Shape.of(2, 3))).isEqualTo(3 * 6);
  }

  @Test
  void activationsAreNamedAsInModelFiles() {
    assertThat(Activation.values()).extracting(Activation::toString).contains("relu", "tanh");
  }

  @Test
  void aMisfitIsToldTheShapeExpectedAndFound() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Linear(9, 4, true).outputShape(Shape.of(8)))
        .withMessageContaining("expects an input of shape [..., 9]")
        .withMessageContaining("found [8]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Linear(9, 4, true).outputShape(Shape.of(3, 3)))
        .withMessageContaining("found [3, 3]")
        .withMessageContaining("flatten");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Convolution(4, 6, KERNEL, 2, true).outputShape(Shape.of(3, 5, 6)))
        .withMessageContaining("expects an input of shape [4, height, width]")
        .withMessageContaining("found [3, 5, 6]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MaxPool(KERNEL).outputShape(Shape.of(5, 6)))
        .withMessageContaining("expects an input of shape [channels, height, width]")
        .withMessageContaining("found [5, 6]");
  }

  @Test
  void aKernelLargerThanTheImageIsNamed() {
    Shape tooLow = Shape.of(4, 2, 6);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Convolution(4, 6, KERNEL, 2, true).outputShape(tooLow))
        .withMessageContaining("3 x 2")
        .withMessageContaining("[4, 2, 6]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MaxPool(KERNEL).outputShape(tooLow))
        .withMessageContaining("3 x 2")
        .withMessageContaining("[4, 2, 6]");
  }

  @Test
  void poolingOverPaddingAloneIsRefused() {
    Window onlyPadding = Window.ofKernel(1, 1).withPadding(1);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MaxPool(onlyPadding).outputShape(Shape.of(1, 2, 2)))
        .withMessageContaining("padding");
  }

  @Test
  void impossibleSizesAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Linear(0, 1, true));
    assertThatIllegalArgumentException().isThrownBy(() -> new Linear(1, 0, true));
    assertThatIllegalArgumentException().isThrownBy(() -> new Linear(1 << 16, 1 << 16, true));
    assertThatIllegalArgumentException().isThrownBy(() -> new Convolution(0, 1, KERNEL, 1, true));
    assertThatIllegalArgumentException().isThrownBy(() -> new Convolution(1, 0, KERNEL, 1, true));
    assertThatIllegalArgumentException().isThrownBy(() -> new Convolution(2, 2, KERNEL, 0, true));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Convolution(3, 4, KERNEL, 2, true))
        .withMessageContaining("3 inputs, 4 outputs, 2 groups");
    assertThatIllegalArgumentException().isThrownBy(() -> new Convolution(4, 3, KERNEL, 2, true));
  }
}
