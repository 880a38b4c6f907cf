package org.samplegrad.core.backend.cpu.convolution;

import java.util.Optional;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.backend.cpu.kernels.TileKernels;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;

/** Which way is taken, by the shapes and by whether the output gradient has a support. */
final class ConvolutionChoice {
  /** Outputs of a group from which on tiles of outputs are full enough, and packing pays. */
  private static final int LEAST_OUTPUTS_OF_TILES = 12;

  /** Positions from which on, and their share of a stretch, sums of stretches are faster. */
  private static final int LEAST_POSITIONS_OF_STRETCHES = 64;

  private static final double LEAST_SHARE_OF_STRETCHES = 0.5;

  /** Elements of a padded image, in all channels, that will not fill the memory. */
  private static final int LARGEST_PADDED_IMAGE = 1 << 24;

  private final VectorKernels kernels;
  private final WindowTables tables;

  ConvolutionChoice(VectorKernels kernels, WindowTables tables) {
    this.kernels = kernels;
    this.tables = tables;
  }

  /**
   * The way of the convolution itself; without one it is a product with the columns, by {@link
   * #sampleWay}.
   */
  Optional<DirectWay> directWay(Shape images, Shape weights, Window window, int groups) {
    if (!writesPatches(images, weights, window)) {
      return Optional.empty();
    }
    Patches plane = tables.patches(window, images, 1);
    if (fillsTiles(weights, groups)) {
      int strip = TileKernels.TILE_VECTORS * kernels.lanes();
      return plane.positions() < strip ? Optional.empty() : Optional.of(DirectWay.PACKED);
    }
    boolean inStretches =
        window.stride(window.axes() - 1) == 1
            && plane.positions() >= LEAST_POSITIONS_OF_STRETCHES
            && plane.positions() >= LEAST_SHARE_OF_STRETCHES * plane.stretch();
    return inStretches ? Optional.of(DirectWay.STRETCHED) : Optional.empty();
  }

  /** The way of what is derived from a convolution. */
  SampleWay sampleWay(Shape images, Shape weights, Window window, int groups, boolean hasSupport) {
    if (!writesPatches(images, weights, window)) {
      return SampleWay.UNFOLDED;
    }
    if (hasSupport) {
      return SampleWay.SUPPORT;
    }
    return fillsTiles(weights, groups) ? SampleWay.TILED : SampleWay.UNFOLDED;
  }

  /** Whether images may be written out with their padding, for vectors to read patches of. */
  private boolean writesPatches(Shape images, Shape weights, Window window) {
    int channels = weights.extent(1);
    long size = window.paddedSize(WindowTables.extents(images));
    return kernels.areVectors()
        && channels > 0
        && size > 0
        && size <= LARGEST_PADDED_IMAGE / channels;
  }

  private static boolean fillsTiles(Shape weights, int groups) {
    return weights.extent(0) / groups >= LEAST_OUTPUTS_OF_TILES;
  }
}
