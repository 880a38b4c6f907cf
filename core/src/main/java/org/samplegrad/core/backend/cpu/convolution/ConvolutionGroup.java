package org.samplegrad.core.backend.cpu.convolution;

import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.Memory;
import org.samplegrad.core.backend.cpu.memory.Support;

/**
 * One group of a convolution, with what a way of computing it is made from.
 *
 * @param images {@code [n,c,...]} of all groups
 * @param weights {@code [o,c/groups,k...]} of all groups
 * @param support of the output gradient, or null
 */
record ConvolutionGroup(
    Memory memory,
    VectorKernels kernels,
    WindowTables tables,
    Shape images,
    Shape weights,
    Window window,
    int groups,
    Support support) {

  int channels() {
    return weights.extent(1);
  }

  int outputs() {
    return weights.extent(0) / groups;
  }

  Unfolding unfolding() {
    return tables.unfolding(window, images);
  }

  Patches patches() {
    return tables.patches(window, images, channels());
  }

  /** The patches of one channel. */
  Patches plane() {
    return tables.patches(window, images, 1);
  }
}
