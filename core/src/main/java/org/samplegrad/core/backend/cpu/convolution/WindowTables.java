package org.samplegrad.core.backend.cpu.convolution;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.backend.Window;

/** What is derived from a window and the extents of images alone, kept for the next block. */
final class WindowTables {
  private final int lanes;
  private final Map<List<Object>, Unfolding> unfoldings = new HashMap<>();
  private final Map<List<Object>, Patches> patches = new HashMap<>();

  /**
   * @param lanes elements of a vector
   */
  WindowTables(int lanes) {
    this.lanes = lanes;
  }

  /** The spatial extents of images {@code [n,c,...]}. */
  static int[] extents(Shape images) {
    return ShapeRules.spatialExtents(images);
  }

  Unfolding unfolding(Window window, Shape images) {
    int[] extents = extents(images);
    return unfoldings.computeIfAbsent(
        List.of(window, Shape.of(extents)), key -> new Unfolding(window, extents));
  }

  /** The patches of so many channels of images. */
  Patches patches(Window window, Shape images, int channels) {
    int[] extents = extents(images);
    return patches.computeIfAbsent(
        List.of(window, channels, Shape.of(extents)),
        key -> new Patches(window, channels, lanes, extents));
  }
}
