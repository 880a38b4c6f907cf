package org.samplegrad.core.backend.cpu.convolution;

import java.util.Arrays;
import org.samplegrad.core.backend.cpu.kernels.TileKernels;
import org.samplegrad.core.backend.cpu.kernels.Transposition;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Memory;
import org.samplegrad.core.backend.cpu.memory.Scratch;

/**
 * For more than a few outputs: patches of the image, where they lie, are multiplied in tiles, so
 * that no columns are made. Weights are laid out in panels of a tile's columns, {@code [tile, i,
 * column]} for outputs {@code o = (tile, column)}.
 */
final class TiledConvolution implements SampleConvolution {
  /** Elements of images and of output gradients that a cache holds while they are multiplied. */
  private static final int CACHED = 1 << 16;

  private final Memory memory;
  private final VectorKernels kernels;
  private final TileKernels tiles;
  private final Patches patches;
  private final int outputs;
  private final int inputs;
  private final int positions;

  /** Columns of a tile. */
  private final int columns;

  /** Outputs rounded up to whole tiles. */
  private final int width;

  /** Where the columns of a tile for each element of a window lie in a panel. */
  private final int[] elementSteps;

  /** Where the outputs of each position lie in {@link #values}. */
  private final int[] positionSteps;

  /** Where each output lies among those of a position. */
  private final int[] outputOffsets;

  /** Positions whose part of a gradient is computed at a time. */
  private final int chunk;

  private final float[] image;

  /** A sample's output or its gradient, {@code [p, width]}. */
  private final float[] values;

  /** What only adjoints need; null before the first one. */
  private Adjoint adjoint;

  TiledConvolution(ConvolutionGroup group) {
    this.memory = group.memory();
    this.kernels = group.kernels();
    this.tiles = kernels.tiles();
    this.patches = group.patches();
    this.outputs = group.outputs();
    this.inputs = patches.elementOffsets().length;
    this.positions = patches.positions();
    this.columns = TileKernels.TILE_VECTORS * kernels.lanes();
    this.width = wholeTiles(outputs);
    this.elementSteps = multiples(columns, inputs);
    this.positionSteps = multiples(width, positions);
    this.outputOffsets = multiples(1, outputs);
    this.chunk = Math.max(columns, CACHED / (width + patches.channels()));
    this.image = memory.takeArray(patches.imageLength());
    this.values = memory.takeArray(width * positions);
    Arrays.fill(image, 0f);
    Arrays.fill(values, 0f);
  }

  private int wholeTiles(int size) {
    return (size + columns - 1) / columns * columns;
  }

  private static int[] multiples(int step, int count) {
    int[] multiples = new int[count];
    Arrays.setAll(multiples, i -> i * step);
    return multiples;
  }

  @Override
  public int weightSize() {
    return width * inputs;
  }

  @Override
  public void packWeights(float[] weights, int first, Scratch packed) {
    float[] panels = packed.array();
    Arrays.fill(panels, 0, weightSize(), 0f);
    for (int o = 0; o < outputs; o++) {
      int target = panelAt(o);
      for (int i = 0; i < inputs; i++) {
        panels[target + i * columns] = weights[first + o * inputs + i];
      }
    }
    changed(packed);
  }

  @Override
  public void unpackWeights(float[] packed, float[] weights, int first) {
    for (int o = 0; o < outputs; o++) {
      int source = panelAt(o);
      for (int i = 0; i < inputs; i++) {
        weights[first + o * inputs + i] = packed[source + i * columns];
      }
    }
  }

  /** Where an output's weights begin. */
  private int panelAt(int output) {
    return output / columns * columns * inputs + output % columns;
  }

  @Override
  public void changed(Scratch packed) {
    if (adjoint != null) {
      adjoint.forget(packed);
    }
  }

  @Override
  public void unfold(float[] images, int first) {
    patches.load(images, first, image, 0);
  }

  @Override
  public void product(Scratch weights, CpuTensor y, int target) {
    int[] bases = patches.bases();
    int[] elements = patches.elementOffsets();
    for (int column = 0; column < width; column += columns) {
      int panel = column * inputs;
      for (int p = 0; p < positions; p += TileKernels.TILE_ROWS) {
        tiles.multiplyTile(
            image, bases, p, elements, weights.array(), panel, elementSteps, values, column, width);
      }
    }
    Transposition.copy(values, 0, width, y.array(), target, positions, positions, outputs);
  }

  @Override
  public void gradient(CpuTensor u, int first, Scratch gradient) {
    arrangeByPosition(u, first);
    multiplyChunk(0, gradient.array());
    if (chunk < positions) {
      float[] further = memory.takeArray(weightSize());
      for (int start = chunk; start < positions; start += chunk) {
        multiplyChunk(start, further);
        kernels.add(further, 0, gradient.array(), 0, weightSize());
      }
      memory.giveBack(further);
    }
    changed(gradient);
  }

  /** {@code [o, p] -> [p, width]}. */
  private void arrangeByPosition(CpuTensor u, int first) {
    Transposition.copy(u.array(), first, positions, values, 0, width, outputs, positions);
  }

  /** The part of a gradient that a chunk of the positions makes. */
  private void multiplyChunk(int start, float[] panels) {
    int[] elements = patches.elementOffsets();
    int end = Math.min(start + chunk, positions);
    int[] bases = Arrays.copyOfRange(patches.bases(), start, end);
    for (int column = 0; column < width; column += columns) {
      int panel = column * inputs;
      int source = start * width + column;
      for (int i = 0; i < inputs; i += TileKernels.TILE_ROWS) {
        tiles.multiplyTile(
            image, elements, i, bases, values, source, positionSteps, panels, panel, columns);
      }
    }
  }

  @Override
  public void addAdjoint(Scratch weights, CpuTensor u, int first, float[] images, int target) {
    if (adjoint == null) {
      adjoint = new Adjoint();
    }
    adjoint.take(weights);
    arrangeByPosition(u, first);
    adjoint.multiply();
    patches.addTo(images, target, adjoint.image);
  }

  @Override
  public boolean writesArrays() {
    return true;
  }

  @Override
  public void close() {
    memory.giveBack(image);
    memory.giveBack(values);
    if (adjoint != null) {
      adjoint.close();
    }
  }

  /**
   * The outputs' gradients at all positions, times the weights of one element of the windows at a
   * time, are added to the image where the windows have this element.
   */
  private final class Adjoint {
    private final int channels = patches.channels();

    /** Channels rounded up to whole tiles. */
    private final int channelWidth = wholeTiles(channels);

    private final int windowSize = inputs / channels;

    /** The weights {@code [k, o, channelWidth]}. */
    private final float[] byElement = memory.takeArray(windowSize * outputs * channelWidth);

    /** For one element of the windows, {@code [p, channelWidth]}. */
    private final float[] products = memory.takeArray(positions * channelWidth);

    private final float[] image = memory.takeArray(patches.imageLength());
    private final int[] outputSteps = multiples(channelWidth, outputs);

    /** Those that {@link #byElement} holds. */
    private Scratch taken;

    Adjoint() {
      Arrays.fill(byElement, 0f);
    }

    void forget(Scratch weights) {
      if (taken == weights) {
        taken = null;
      }
    }

    void take(Scratch weights) {
      if (taken == weights) {
        return;
      }
      for (int k = 0; k < windowSize; k++) {
        for (int o = 0; o < outputs; o += columns) {
          int source = panelAt(o) + k * columns;
          int target = (k * outputs + o) * channelWidth;
          int many = Math.min(columns, outputs - o);
          Transposition.copy(
              weights.array(),
              source,
              windowSize * columns,
              byElement,
              target,
              channelWidth,
              channels,
              many);
        }
      }
      taken = weights;
    }

    void multiply() {
      Arrays.fill(image, 0f);
      for (int k = 0; k < windowSize; k++) {
        for (int column = 0; column < channelWidth; column += columns) {
          int weights = k * outputs * channelWidth + column;
          for (int p = 0; p < positions; p += TileKernels.TILE_ROWS) {
            tiles.multiplyTile(
                values,
                positionSteps,
                p,
                outputOffsets,
                byElement,
                weights,
                outputSteps,
                products,
                column,
                channelWidth);
          }
        }
        patches.addAt(k, products, channelWidth, image, kernels);
      }
    }

    void close() {
      memory.giveBack(byElement);
      memory.giveBack(products);
      memory.giveBack(image);
    }
  }
}
