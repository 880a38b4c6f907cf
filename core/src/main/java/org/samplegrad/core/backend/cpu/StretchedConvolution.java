package org.samplegrad.core.backend.cpu;

import java.util.Arrays;
import org.samplegrad.core.backend.Window;

/**
 * The convolution itself, for few outputs: as the windows move by one, each element of a window
 * meets a stretch of the image, and the outputs at all positions are sums of such stretches, which
 * are added up in tiles. Stretches also hold what lies between the positions of one row and those
 * of the next.
 */
final class StretchedConvolution implements DirectConvolution {
  /** Positions from which on, and their share of a stretch, this is the faster way. */
  private static final int LEAST_POSITIONS = 64;

  private static final double LEAST_SHARE = 0.5;

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

  /** For each output where its weights begin, and how these follow each other. */
  private final int[] weightPlaces;

  private final int[] weightOffsets;

  /** Where the stretch begins that each element {@code [c,k]} of a window meets. */
  private final int[] stretches;

  /** A sample's image, {@code [c, plane]}. */
  private final float[] image;

  private final float[] weights;

  /** A sample's output, {@code [o, span]}. */
  private final float[] sums;

  /**
   * @param plane the patches of one channel
   * @param channels of a group
   * @param outputs of a group
   */
  StretchedConvolution(
      Memory memory, VectorKernels kernels, Patches plane, int channels, int outputs) {
    int windowSize = plane.elementOffsets().length;
    this.memory = memory;
    this.tiles = kernels.tiles();
    this.plane = plane;
    this.channels = channels;
    this.outputs = outputs;
    this.columns = TileKernels.TILE_VECTORS * kernels.lanes();
    this.span = (stretch(plane) + columns - 1) / columns * columns;
    this.weightPlaces = new int[outputs];
    Arrays.setAll(weightPlaces, o -> o * channels * windowSize);
    this.weightOffsets = new int[channels * windowSize];
    Arrays.setAll(weightOffsets, i -> i);
    this.stretches = new int[channels * windowSize];
    Arrays.setAll(
        stretches,
        i -> i / windowSize * plane.imageLength() + plane.elementOffsets()[i % windowSize]);
    // A tile may reach beyond the last plane.
    this.image = memory.takeArray(channels * plane.imageLength() + columns);
    this.weights = memory.takeArray(outputs * channels * windowSize);
    this.sums = memory.takeArray(outputs * span);
    Arrays.fill(image, 0f);
  }

  private static int stretch(Patches plane) {
    return plane.bases()[plane.positions() - 1] + 1;
  }

  static boolean suits(Window window, Patches plane) {
    return window.stride(window.axes() - 1) == 1
        && plane.positions() >= LEAST_POSITIONS
        && plane.positions() >= LEAST_SHARE * stretch(plane);
  }

  @Override
  public void forward(int samples, int groups, float[] images, float[] allWeights, float[] y) {
    int size = outputs * weightOffsets.length;
    for (int group = 0; group < groups; group++) {
      System.arraycopy(allWeights, group * size, weights, 0, size);
      for (int n = 0; n < samples; n++) {
        int block = n * groups + group;
        for (int c = 0; c < channels; c++) {
          plane.load(
              images, (block * channels + c) * plane.groupSize(), image, c * plane.imageLength());
        }
        multiply();
        write(y, block * outputs * plane.positions());
      }
    }
  }

  private void multiply() {
    for (int column = 0; column < span; column += columns) {
      for (int o = 0; o < outputs; o += TileKernels.TILE_ROWS) {
        tiles.multiplyTile(
            weights, weightPlaces, o, weightOffsets, image, column, stretches, sums, column, span);
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
    memory.giveBack(weights);
    memory.giveBack(sums);
  }
}
