package org.samplegrad.core.backend.cpu.convolution;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.samplegrad.core.backend.cpu.kernels.TileKernels;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.Memory;

/**
 * The convolution itself, for more than a few outputs, as a product of packed factors: the columns
 * of the windows at a strip of positions, a depth of them at a time so that the nearest cache holds
 * them, meet the weights in panels of a tile's rows. Nothing is transposed: the columns come from
 * the channels' planes in vectors, and a tile's rows are stretches of the result.
 */
final class PackedConvolution implements DirectConvolution {
  /** Elements of a window, in all channels, that are packed at a time. */
  private static final int DEPTH = 192;

  private static final int ROWS = TileKernels.PANEL_ROWS;

  private final Memory memory;
  private final TileKernels kernels;

  /** Of one channel. */
  private final Patches plane;

  private final int channels;
  private final int outputs;

  /** Elements of a window in all channels. */
  private final int inputs;

  private final List<Strip> strips;

  /** Where each element {@code [c,k]} of a window lies in an image. */
  private final int[] elementOffsets;

  /** A sample's image, {@code [c, plane]}. */
  private final float[] image;

  /** The weights {@code [panel, i, row]} of the outputs {@code o = (panel, row)}. */
  private final float[] panels;

  /** The columns of a strip, {@code [i, position]}. */
  private final float[] columns;

  private final float[] tile;

  /**
   * Positions whose columns are packed together.
   *
   * @param first of its positions
   * @param bases where the windows begin that the vectors of its columns start with
   * @param columns which of the strip's positions these are
   */
  private record Strip(int first, int[] bases, int[] columns) {}

  PackedConvolution(ConvolutionGroup group) {
    VectorKernels vectors = group.kernels();
    this.memory = group.memory();
    this.kernels = vectors.tiles();
    this.plane = group.plane();
    this.channels = group.channels();
    this.outputs = group.outputs();
    int windowSize = plane.elementOffsets().length;
    this.inputs = channels * windowSize;
    this.strips = strips(plane.bases(), width(vectors), vectors.lanes());
    this.elementOffsets = new int[inputs];
    Arrays.setAll(
        elementOffsets,
        i -> i / windowSize * plane.imageLength() + plane.elementOffsets()[i % windowSize]);
    this.image = memory.takeArray(channels * plane.imageLength());
    this.panels = memory.takeArray((outputs + ROWS - 1) / ROWS * ROWS * inputs);
    // The last vector may reach beyond the last row.
    this.columns = memory.takeArray(DEPTH * kernels.stripWidth() + vectors.lanes());
    this.tile = memory.takeArray(ROWS * width(vectors));
    Arrays.fill(image, 0f);
    Arrays.fill(panels, 0f);
  }

  /** Positions of a strip. */
  private static int width(VectorKernels kernels) {
    return TileKernels.TILE_VECTORS * kernels.lanes();
  }

  /** The last strip overlaps the one before it. */
  private static List<Strip> strips(int[] bases, int width, int lanes) {
    List<Strip> strips = new ArrayList<>();
    for (int position = 0; position < bases.length; position += width) {
      strips.add(strip(bases, Math.min(position, bases.length - width), width, lanes));
    }
    return strips;
  }

  /** A vector begins where the last one ends, or where windows do not follow each other. */
  private static Strip strip(int[] bases, int first, int width, int lanes) {
    int[] begun = new int[width];
    int count = 0;
    for (int column = 0; column < width; column++) {
      int last = count == 0 ? 0 : begun[count - 1];
      boolean follows = bases[first + column] - bases[first + last] == column - last;
      if (column == 0 || !follows || column - last == lanes) {
        begun[count++] = column;
      }
    }
    int[] own = Arrays.copyOf(begun, count);
    return new Strip(first, Arrays.stream(own).map(column -> bases[first + column]).toArray(), own);
  }

  @Override
  public void arrange(float[] weights, int group) {
    TileKernels.packPanels(weights, group * outputs * inputs, outputs, inputs, ROWS, panels);
  }

  @Override
  public void forward(float[] images, int block, float[] y, int target) {
    plane.loadChannels(images, block, channels, image);
    for (Strip strip : strips) {
      multiply(strip, y, target + strip.first());
    }
  }

  /**
   * @param target where the strip of the first output begins
   */
  private void multiply(Strip strip, float[] y, int target) {
    int positions = plane.positions();
    for (int i = 0; i < inputs; i += DEPTH) {
      int depth = Math.min(DEPTH, inputs - i);
      for (int v = 0; v < strip.bases().length; v++) {
        kernels.packColumns(
            image, strip.bases()[v], elementOffsets, i, i + depth, columns, strip.columns()[v]);
      }
      for (int o = 0; o < outputs; o += ROWS) {
        kernels.multiplyPanel(panels, o * inputs + i * ROWS, columns, depth, tile);
        int rows = Math.min(ROWS, outputs - o);
        if (i == 0) {
          kernels.putTile(tile, y, target + o * positions, positions, rows);
        } else {
          kernels.addTile(tile, y, target + o * positions, positions, rows);
        }
      }
    }
  }

  @Override
  public void close() {
    memory.giveBack(image);
    memory.giveBack(panels);
    memory.giveBack(columns);
    memory.giveBack(tile);
  }
}
