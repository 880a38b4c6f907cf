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
    return new Window(kernel, kernel, stride, stride, padding, padding, dilation, dilation);
  }

  @Test
  void countsPositionsPerDirection() {
    Window window = new Window(3, 2, 2, 1, 1, 0, 1, 3);

    assertThat(window.outputHeight(7)).isEqualTo(4);
    assertThat(window.outputWidth(7)).isEqualTo(4);
    assertThat(window.kernelSize()).isEqualTo(6);
  }

  @Test
  void aKernelLargerThanThePaddedImageHasNoPosition() {
    assertThat(square(3, 1, 0, 1).outputHeight(2)).isZero();
    assertThat(square(3, 5, 0, 1).outputWidth(2)).isZero();
    assertThat(square(2, 1, 0, 4).outputHeight(4)).isZero();
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
        .isThrownBy(() -> new Window(1, 0, 1, 1, 0, 0, 1, 1))
        .withMessageContaining("found 1 and 0");
  }

  @Property(tries = 500)
  void agreesWithTryingEveryPosition(
      @ForAll @IntRange(min = 1, max = 8) int extent,
      @ForAll @IntRange(min = 1, max = 4) int kernel,
      @ForAll @IntRange(min = 1, max = 3) int stride,
      @ForAll @IntRange(min = 0, max = 4) int padding,
      @ForAll @IntRange(min = 1, max = 3) int dilation) {
    Window window = square(kernel, stride, padding, dilation);
    int positions = 0;
    boolean everyWindowCovers = true;
    int reach = dilation * (kernel - 1);
    for (int first = -padding; first + reach < extent + padding; first += stride) {
      positions++;
      boolean covers = false;
      for (int k = 0; k < kernel; k++) {
        int position = first + k * dilation;
        covers |= position >= 0 && position < extent;
      }
      everyWindowCovers &= covers;
    }
    assertThat(window.outputHeight(extent)).isEqualTo(positions);
    assertThat(window.outputWidth(extent)).isEqualTo(positions);
    assertThat(window.coversInput(extent, extent)).isEqualTo(everyWindowCovers);
  }

  @Test
  void bothDirectionsMustCoverTheInput() {
    assertThat(new Window(1, 1, 1, 1, 1, 0, 1, 1).coversInput(4, 4)).isFalse();
    assertThat(new Window(1, 1, 1, 1, 0, 1, 1, 1).coversInput(4, 4)).isFalse();
    assertThat(new Window(2, 2, 1, 1, 1, 1, 1, 1).coversInput(4, 4)).isTrue();
  }
}
