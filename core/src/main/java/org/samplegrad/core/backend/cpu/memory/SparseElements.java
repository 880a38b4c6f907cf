package org.samplegrad.core.backend.cpu.memory;

import java.util.Arrays;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.cpu.kernels.Loops;

/**
 * Images {@code [n,c,...]} by their elements at the positions of a support, the only ones that are
 * not 0.
 *
 * @param values in the sequence of the support's positions
 * @param imageSize elements of an image
 */
public record SparseElements(Support support, float[] values, int imageSize) {

  /** Whether the images of this shape are these, not those of an array in another shape. */
  boolean areOf(Shape shape) {
    return shape.rank() > 2
        && shape.extent(0) * shape.extent(1) == support.images()
        && shape.size() == support.images() * imageSize;
  }

  /** Writes all elements. */
  public void write(float[] images) {
    Arrays.fill(images, 0, support.images() * imageSize, 0f);
    for (int image = 0; image < support.images(); image++) {
      int first = image * imageSize;
      for (int i = support.start(image); i < support.start(image + 1); i++) {
        images[first + support.position(i)] = values[i];
      }
    }
  }

  /** Takes the elements from an array of all. */
  public void read(float[] images) {
    for (int image = 0; image < support.images(); image++) {
      int first = image * imageSize;
      for (int i = support.start(image); i < support.start(image + 1); i++) {
        values[i] = images[first + support.position(i)];
      }
    }
  }

  /** The sum of an image, in float64. */
  public double sum(int image) {
    return Loops.sum(values, support.start(image), support.start(image + 1));
  }
}
