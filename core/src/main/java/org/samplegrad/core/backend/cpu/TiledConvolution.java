package org.samplegrad.core.backend.cpu;

import java.util.Arrays;

/**
 * The convolution itself, for more than a few outputs: patches of the image, where they lie, are
 * multiplied with the weights in tiles, so that no columns are made.
 */
final class TiledConvolution implements DirectConvolution {
  /** Outputs of a group from which on this is the faster way. */
  private static final int LEAST_OUTPUTS = 12;

  /** Positions transposed together, so that they stay in the nearest cache. */
  private static final int TRANSPOSED = 16;

  private final Memory memory;
  private final VectorKernels kernels;
  private final Patches patches;
  private final int outputs;

  /** Columns of a tile. */
  private final int columns;

  /** Outputs rounded up to whole tiles. */
  private final int width;

  /** Where the columns of a tile for each element of a window lie in a panel. */
  private final int[] steps;

  private final float[] image;

  /** A group's weights, {@code [tile, i, column]}. */
  private final float[] panels;

  /** A sample's output, {@code [p, width]}. */
  private final float[] tiles;

  /**
   * @param outputs of a group
   */
  TiledConvolution(Memory memory, VectorKernels kernels, Patches patches, int outputs) {
    this.memory = memory;
    this.kernels = kernels;
    this.patches = patches;
    this.outputs = outputs;
    this.columns = VectorKernels.TILE_VECTORS * kernels.lanes();
    this.width = (outputs + columns - 1) / columns * columns;
    this.steps = new int[patches.elementOffsets().length];
    Arrays.setAll(steps, i -> i * columns);
    this.image = memory.takeArray(patches.imageLength());
    this.panels = memory.takeArray(width * patches.elementOffsets().length);
    this.tiles = memory.takeArray(width * patches.positions());
    Arrays.fill(image, 0f);
    Arrays.fill(panels, 0f);
  }

  static boolean suits(int outputs) {
    return outputs >= LEAST_OUTPUTS;
  }

  @Override
  public void forward(int samples, int groups, float[] images, float[] weights, float[] y) {
    int imageSize = patches.groupSize();
    int outputSize = outputs * patches.positions();
    for (int group = 0; group < groups; group++) {
      arrange(weights, group * outputs * patches.elementOffsets().length);
      for (int n = 0; n < samples; n++) {
        int block = n * groups + group;
        patches.load(images, block * imageSize, image, 0);
        multiply();
        write(y, block * outputSize);
      }
    }
  }

  private void arrange(float[] weights, int first) {
    int inputs = patches.elementOffsets().length;
    for (int o = 0; o < outputs; o++) {
      int target = o / columns * columns * inputs + o % columns;
      for (int i = 0; i < inputs; i++) {
        panels[target + i * columns] = weights[first + o * inputs + i];
      }
    }
  }

  private void multiply() {
    int inputs = patches.elementOffsets().length;
    for (int column = 0; column < width; column += columns) {
      for (int p = 0; p < patches.positions(); p += VectorKernels.TILE_ROWS) {
        kernels.multiplyTile(
            image,
            patches.bases(),
            p,
            patches.elementOffsets(),
            panels,
            column * inputs,
            steps,
            tiles,
            column,
            width);
      }
    }
  }

  private void write(float[] y, int first) {
    int positions = patches.positions();
    for (int start = 0; start < positions; start += TRANSPOSED) {
      int end = Math.min(start + TRANSPOSED, positions);
      for (int o = 0; o < outputs; o++) {
        int target = first + o * positions;
        for (int p = start; p < end; p++) {
          y[target + p] = tiles[p * width + o];
        }
      }
    }
  }

  @Override
  public void close() {
    memory.giveBack(image);
    memory.giveBack(panels);
    memory.giveBack(tiles);
  }
}
