package org.samplegrad.core.backend.cpu.convolution;

import java.util.Arrays;
import org.samplegrad.core.backend.cpu.kernels.TileKernels;
import org.samplegrad.core.backend.cpu.memory.Memory;

/**
 * The convolution itself, for few outputs: as the windows move by one, each element of a window
 * meets a stretch of the image, and the outputs at all positions are sums of such stretches, which
 * are added up in tiles. Stretches also hold what lies between the positions of one row and those
 * of the next.
 */
final class StretchedConvolution implements DirectConvolution {
  private static final int ROWS = TileKernels.GROUP;

  private final Memory memory;
  private final TileKernels tiles;

  /** Of one channel. */
  private final Patches plane;

  private final int channels;
  private final int outputs;

  /** Columns of a tile. */
  private final int columns;

  /** Elements of a stretch, rounded up to whole tiles. */
  private final int span;

  /** Where the stretch begins that each element {@code [c,k]} of a window meets. */
  private final int[] stretches;

  /** A sample's image, {@code [c, plane]}. */
  private final float[] image;

  /** The weights {@code [panel, i, row]} of the outputs {@code o = (panel, row)}. */
  private final float[] panels;

  /** A sample's output, {@code [o, span]}, of all rows of the panels. */
  private final float[] sums;

  StretchedConvolution(ConvolutionGroup group) {
    this.memory = group.memory();
    this.tiles = group.kernels().tiles();
    this.plane = group.plane();
    this.channels = group.channels();
    this.outputs = group.outputs();
    int windowSize = plane.elementOffsets().length;
    this.columns = TileKernels.TILE_VECTORS * group.kernels().lanes();
    this.span = (plane.stretch() + columns - 1) / columns * columns;
    this.stretches = new int[channels * windowSize];
    Arrays.setAll(
        stretches,
        i -> i / windowSize * plane.imageLength() + plane.elementOffsets()[i % windowSize]);
    // A tile may reach beyond the last plane.
    this.image = memory.takeArray(channels * plane.imageLength() + columns);
    int rows = (outputs + ROWS - 1) / ROWS * ROWS;
    this.panels = memory.takeArray(rows * stretches.length);
    this.sums = memory.takeArray(rows * span);
    Arrays.fill(image, 0f);
    Arrays.fill(panels, 0f);
  }

  @Override
  public void arrange(float[] weights, int group) {
    TileKernels.packPanels(
        weights, group * outputs * stretches.length, outputs, stretches.length, ROWS, panels);
  }

  @Override
  public void forward(float[] images, int block, float[] y, int target) {
    plane.loadChannels(images, block, channels, image);
    multiply();
    write(y, target);
  }

  private void multiply() {
    for (int column = 0; column < span; column += columns) {
      for (int o = 0; o < outputs; o += ROWS) {
        tiles.multiplyStretches(
            panels, o * stretches.length, image, column, stretches, sums, o * span + column, span);
      }
    }
  }

  private void write(float[] y, int first) {
    int[] bases = plane.bases();
    for (int o = 0; o < outputs; o++) {
      int target = first + o * bases.length;
      for (int p = 0; p < bases.length; p += plane.positionRow()) {
        System.arraycopy(sums, o * span + bases[p], y, target + p, plane.positionRow());
      }
    }
  }

  @Override
  public void close() {
    memory.giveBack(image);
    memory.giveBack(panels);
    memory.giveBack(sums);
  }
}
