package org.samplegrad.core.backend.cpu.convolution;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.Memory;
import org.samplegrad.core.backend.cpu.memory.Support;

/**
 * Which way a convolution is computed, by the shapes and by what is known of its output gradient.
 * What the ways derive from shapes alone is kept for the next block.
 */
final class ConvolutionChoice {
  private final Memory memory;

  /** Null if this program was started without vectors. */
  private final VectorKernels kernels;

  private final Map<List<Object>, Unfolding> unfoldings = new HashMap<>();
  private final Map<List<Object>, Patches> patches = new HashMap<>();

  ConvolutionChoice(Memory memory, VectorKernels kernels) {
    this.memory = memory;
    this.kernels = kernels;
  }

  Unfolding unfolding(Window window, Shape images) {
    int[] extents = ShapeRules.spatialExtents(images);
    return unfoldings.computeIfAbsent(
        List.of(window, Shape.of(extents)), key -> new Unfolding(window, extents));
  }

  /** The patches of so many channels of images, or null where there are none. */
  private Patches patches(Window window, Shape images, int channels) {
    int[] extents = ShapeRules.spatialExtents(images);
    if (kernels == null || !Patches.suits(window, channels, extents)) {
      return null;
    }
    return patches.computeIfAbsent(
        List.of(window, channels, Shape.of(extents)),
        key -> new Patches(window, channels, kernels.lanes(), extents));
  }

  /** How to begin a way for the convolution alone, or null if none suits. */
  Supplier<DirectConvolution> direct(Shape images, Shape weights, Window window, int groups) {
    int channels = weights.extent(1);
    int outputs = weights.extent(0) / groups;
    Patches plane = patches(window, images, 1);
    // All channels together are written out as well, so they must be small enough too.
    if (plane == null || patches(window, images, channels) == null) {
      return null;
    }
    if (PackedConvolution.suits(kernels, plane, outputs)) {
      return () -> new PackedConvolution(memory, kernels, plane, channels, outputs);
    }
    return TiledConvolution.suits(outputs) || !StretchedConvolution.suits(window, plane)
        ? null
        : () -> new StretchedConvolution(memory, kernels, plane, channels, outputs);
  }

  /** Whether {@link #grouped} makes use of the support of an output gradient. */
  boolean usesSupport(Support support, Shape images, Shape weights, Window window) {
    return support != null && patches(window, images, weights.extent(1)) != null;
  }

  /**
   * A way for the convolution and all that is derived from it.
   *
   * @param support of the output gradient, or null
   */
  GroupedConvolution grouped(
      Shape images, Shape weights, Window window, int groups, Support support) {
    int outputs = weights.extent(0) / groups;
    SampleConvolution sample;
    int positions;
    Patches own = patches(window, images, weights.extent(1));
    if (own != null && support != null) {
      sample = new SupportConvolution(memory, kernels, own, support, outputs);
      positions = own.positions();
    } else if (own != null && TiledConvolution.suits(outputs)) {
      sample = new TiledConvolution(memory, kernels, own, outputs);
      positions = own.positions();
    } else {
      Unfolding unfolding = unfolding(window, images);
      sample = SampleConvolution.of(memory, unfolding, weights.extent(1), outputs);
      positions = unfolding.positions();
    }
    return new GroupedConvolution(memory, images, weights, positions, groups, sample);
  }
}
