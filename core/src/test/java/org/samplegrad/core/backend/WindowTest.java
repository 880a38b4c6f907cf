package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class WindowTest {

  /** The same along both axes. */
  private static Window square(int kernel, int stride, int padding, int dilation) {
    return Window.ofKernel(kernel, kernel)
        .withStride(stride)
        .withPadding(padding)
        .withDilation(dilation);
  }

  @Test
  void countsPositionsPerDirection() {
    Window window = Window.ofKernel(3, 2).withStride(2, 1).withPadding(1, 0).withDilation(1, 3);

    assertThat(window.outputExtent(0, 7)).isEqualTo(4);
    assertThat(window.outputExtent(1, 7)).isEqualTo(4);
    assertThat(window.outputExtents(7, 7)).containsExactly(4, 4);
    assertThat(window.kernelSize()).isEqualTo(6);
    assertThat(window.axes()).isEqualTo(2);
  }

  @Test
  void keepsWhatEachAxisWasGiven() {
    Window window =
        Window.of(
            new int[] {1, 2, 3},
            new int[] {4, 5, 6},
            new int[] {0, 1, 2},
            new int[] {2, 1, 0},
            new int[] {7, 8, 9},
            true);

    assertThat(window.kernel(1)).isEqualTo(2);
    assertThat(window.stride(2)).isEqualTo(6);
    assertThat(window.paddingBefore(2)).isEqualTo(2);
    assertThat(window.paddingAfter(0)).isEqualTo(2);
    assertThat(window.dilation(0)).isEqualTo(7);
    assertThat(window.roundsUp()).isTrue();
    assertThat(window)
        .isEqualTo(
            Window.ofKernel(1, 2, 3)
                .withStride(4, 5, 6)
                .withPadding(new int[] {0, 1, 2}, new int[] {2, 1, 0})
                .withDilation(7, 8, 9)
                .roundingUp(true))
        .isNotEqualTo(window.roundingUp(false))
        .isNotEqualTo(window.withStride(4));
  }

  @Test
  void aKernelLargerThanThePaddedImageHasNoPosition() {
    assertThat(square(3, 1, 0, 1).outputExtent(0, 2)).isZero();
    assertThat(square(3, 5, 0, 1).outputExtent(1, 2)).isZero();
    assertThat(square(2, 1, 0, 4).outputExtent(0, 4)).isZero();
  }

  /** Numbers of {@code torch.nn.MaxPool1d(kernel, stride, padding, ceil_mode=True)}. */
  @Test
  void roundingUpKeepsALastWindowThatStartsInTheImage() {
    assertThat(Window.ofKernel(2).withStride(2).roundingUp(true).outputExtent(0, 5)).isEqualTo(3);
    assertThat(Window.ofKernel(3).withStride(2).roundingUp(true).outputExtent(0, 2)).isEqualTo(1);
    Window padded = Window.ofKernel(2).withStride(3).withPadding(1).roundingUp(true);
    assertThat(padded.outputExtent(0, 5)).isEqualTo(2);
    assertThat(padded.outputExtent(0, 6)).isEqualTo(3);
    assertThat(Window.ofKernel(1).withStride(4).roundingUp(true).outputExtent(0, 6)).isEqualTo(2);
  }

  @Test
  void refusesImpossibleSizes() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> square(0, 1, 0, 1))
        .withMessageContaining("kernel");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> square(1, 0, 0, 1))
        .withMessageContaining("stride");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> square(1, 1, -1, 1))
        .withMessageContaining("padding");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> square(1, 1, 0, 0))
        .withMessageContaining("dilation");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Window.ofKernel(1, 0))
        .withMessageContaining("found [1, 0]");
    assertThatIllegalArgumentException().isThrownBy(Window::ofKernel);
    assertThatIllegalArgumentException().isThrownBy(() -> Window.ofKernel(1, 1, 1, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Window.ofKernel(1, 1).withStride(1, 1, 1))
        .withMessageContaining("each of 2 axes");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Window.ofKernel(1 << 20, 1 << 20))
        .withMessageContaining("more elements");
  }

  @Test
  void sourcesAreTheElementsUnderEachWindow() {
    int out = Window.OUTSIDE;

    assertThat(Window.ofKernel(2).withPadding(new int[] {1}, new int[] {0}).sources(3))
        .containsExactly(out, 0, 1, 0, 1, 2);
    assertThat(Window.ofKernel(1, 2).withStride(2, 1).sources(3, 3))
        .containsExactly(0, 1, 6, 7, 1, 2, 7, 8);
    assertThat(Window.ofKernel(2).withStride(2).roundingUp(true).sources(3))
        .containsExactly(0, 2, 1, out);
  }

  @Property(tries = 500)
  void agreesWithTryingEveryPosition(
      @ForAll @IntRange(min = 1, max = 8) int extent,
      @ForAll @IntRange(min = 1, max = 4) int kernel,
      @ForAll @IntRange(min = 1, max = 3) int stride,
      @ForAll @IntRange(min = 0, max = 4) int before,
      @ForAll @IntRange(min = 0, max = 4) int after,
      @ForAll @IntRange(min = 1, max = 3) int dilation,
      @ForAll boolean roundsUp) {
    Window window =
        Window.ofKernel(kernel, kernel)
            .withStride(stride)
            .withPadding(new int[] {before}, new int[] {after})
            .withDilation(dilation)
            .roundingUp(roundsUp);
    int positions = 0;
    boolean everyWindowCovers = true;
    int reach = dilation * (kernel - 1);
    int beyond = roundsUp ? stride - 1 : 0;
    for (int first = -before; first + reach < extent + after + beyond; first += stride) {
      boolean last = first + stride + reach >= extent + after + beyond;
      if (roundsUp && last && first >= extent) {
        break;
      }
      positions++;
      boolean covers = false;
      for (int k = 0; k < kernel; k++) {
        int position = first + k * dilation;
        covers |= position >= 0 && position < extent;
      }
      everyWindowCovers &= covers;
    }
    assertThat(window.outputExtent(0, extent)).isEqualTo(positions);
    assertThat(window.outputExtent(1, extent)).isEqualTo(positions);
    assertThat(window.coversInput(extent, extent)).isEqualTo(everyWindowCovers);
  }

  @Test
  void bothDirectionsMustCoverTheInput() {
    assertThat(Window.ofKernel(1, 1).withPadding(1, 0).coversInput(4, 4)).isFalse();
    assertThat(Window.ofKernel(1, 1).withPadding(0, 1).coversInput(4, 4)).isFalse();
    assertThat(Window.ofKernel(2, 2).withPadding(1).coversInput(4, 4)).isTrue();
  }
}
