package org.samplegrad.core.backend.cpu.convolution;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.backend.cpu.kernels.ForcedWidth;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;

/** The ways that the convolutions of the benchmarks' models take, and what lies at the limits. */
class ConvolutionChoiceTest {
  private static final int SAMPLES = 2;

  private static ConvolutionChoice choice(VectorKernels kernels) {
    return new ConvolutionChoice(kernels, new WindowTables(kernels.lanes()));
  }

  /** A convolution over squares. */
  private record Layer(int channels, int extent, int outputs, int kernel, int padding) {
    Shape images() {
      return Shape.of(SAMPLES, channels, extent, extent);
    }

    Shape weights() {
      return Shape.of(outputs, channels, kernel, kernel);
    }

    Window window() {
      return Window.ofKernel(kernel, kernel).withPadding(padding);
    }

    Optional<DirectWay> directWay(VectorKernels kernels) {
      return choice(kernels).directWay(images(), weights(), window(), 1);
    }

    SampleWay sampleWay(VectorKernels kernels, boolean hasSupport) {
      return choice(kernels).sampleWay(images(), weights(), window(), 1, hasSupport);
    }
  }

  /** All of these stand before a pool; "alone" is how they would go without it. */
  @ParameterizedTest
  @CsvSource({
    // model and layer, channels, extent, outputs, kernel, padding, itself, behind a pool, alone
    "cnn 0, 1, 28, 5, 5, 0, STRETCHED, SUPPORT, UNFOLDED",
    "2c2d 0, 1, 28, 32, 5, 2, PACKED, SUPPORT, TILED",
    "2c2d 3, 32, 14, 64, 5, 2, PACKED, SUPPORT, TILED",
    "3c3d 0, 3, 32, 64, 5, 0, PACKED, SUPPORT, TILED",
    "3c3d 3, 64, 14, 96, 3, 0, PACKED, SUPPORT, TILED",
    "3c3d 6, 96, 6, 128, 3, 1, PACKED, SUPPORT, TILED",
  })
  void ofTheBenchmarksModels(
      String name,
      int channels,
      int extent,
      int outputs,
      int kernel,
      int padding,
      DirectWay itself,
      SampleWay behindPool,
      SampleWay alone) {
    Layer layer = new Layer(channels, extent, outputs, kernel, padding);
    for (int lanes : new int[] {4, 8, 16}) {
      VectorKernels kernels = ForcedWidth.kernels(lanes);
      assertThat(layer.directWay(kernels)).as(name).contains(itself);
      assertThat(layer.sampleWay(kernels, true)).as(name).isEqualTo(behindPool);
      assertThat(layer.sampleWay(kernels, false)).as(name).isEqualTo(alone);
    }
    VectorKernels plain = VectorKernels.plain(1);
    assertThat(layer.directWay(plain)).isEmpty();
    assertThat(layer.sampleWay(plain, true)).isEqualTo(SampleWay.UNFOLDED);
    assertThat(layer.sampleWay(plain, false)).isEqualTo(SampleWay.UNFOLDED);
  }

  private final VectorKernels kernels = ForcedWidth.kernels(8);

  @Test
  void tilesWantTwelveOutputsOfAGroup() {
    assertThat(new Layer(3, 10, 12, 3, 0).directWay(kernels)).contains(DirectWay.PACKED);
    assertThat(new Layer(3, 10, 12, 3, 0).sampleWay(kernels, false)).isEqualTo(SampleWay.TILED);
    assertThat(new Layer(3, 10, 11, 3, 0).directWay(kernels)).contains(DirectWay.STRETCHED);
    assertThat(new Layer(3, 10, 11, 3, 0).sampleWay(kernels, false)).isEqualTo(SampleWay.UNFOLDED);
    Shape images = Shape.of(SAMPLES, 4, 10, 10);
    Window window = Window.ofKernel(3, 3);
    ConvolutionChoice choice = choice(kernels);
    assertThat(choice.sampleWay(images, Shape.of(22, 2, 3, 3), window, 2, false))
        .isEqualTo(SampleWay.UNFOLDED);
    assertThat(choice.sampleWay(images, Shape.of(24, 2, 3, 3), window, 2, false))
        .isEqualTo(SampleWay.TILED);
  }

  @Test
  void packedColumnsWantAStripOfPositions() {
    assertThat(new Layer(3, 4, 12, 1, 0).directWay(kernels)).contains(DirectWay.PACKED);
    assertThat(new Layer(3, 3, 12, 1, 0).directWay(kernels)).isEmpty();
  }

  @Test
  void stretchesWantPositionsThatFollowEachOther() {
    assertThat(new Layer(1, 8, 5, 1, 0).directWay(kernels)).contains(DirectWay.STRETCHED);
    assertThat(new Layer(1, 7, 5, 1, 0).directWay(kernels)).isEmpty();
    Shape weights = Shape.of(5, 1, 1, 1);
    Window everySecond = Window.ofKernel(1, 1).withStride(1, 2);
    assertThat(choice(kernels).directWay(Shape.of(1, 1, 20, 20), weights, everySecond, 1))
        .isEmpty();
    // Of the rows of twenty only nine positions count, then ten.
    Window nine = Window.ofKernel(1, 12);
    Window eleven = Window.ofKernel(1, 10);
    assertThat(choice(kernels).directWay(Shape.of(1, 1, 20, 20), Shape.of(5, 1, 1, 12), nine, 1))
        .isEmpty();
    assertThat(choice(kernels).directWay(Shape.of(1, 1, 20, 20), Shape.of(5, 1, 1, 10), eleven, 1))
        .contains(DirectWay.STRETCHED);
  }

  @Test
  void imagesThatWouldFillTheMemoryAreNotWrittenOut() {
    Layer fits = new Layer(16, 1024, 12, 1, 0);
    Layer larger = new Layer(16, 1024, 12, 2, 1);
    assertThat(fits.sampleWay(kernels, true)).isEqualTo(SampleWay.SUPPORT);
    assertThat(larger.sampleWay(kernels, true)).isEqualTo(SampleWay.UNFOLDED);
    assertThat(larger.directWay(kernels)).isEmpty();
  }
}
