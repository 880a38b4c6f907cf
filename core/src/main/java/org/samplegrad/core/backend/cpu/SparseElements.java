package org.samplegrad.core.backend.cpu;

import java.util.Arrays;
import org.samplegrad.core.backend.Shape;

/**
 * Images {@code [n,c,...]} by their elements at the places of a support, the only ones that are not
 * 0.
 *
 * @param values in the sequence of the support's places
 * @param imageSize elements of an image
 */
record SparseElements(Support support, float[] values, int imageSize) {

  /** Whether the images of this shape are these, not those of an array in another shape. */
  boolean areOf(Shape shape) {
    return shape.rank() > 2
        && shape.extent(0) * shape.extent(1) == support.images()
        && shape.size() == support.images() * imageSize;
  }

  /** Writes all elements. */
  void write(float[] images) {
    Arrays.fill(images, 0, support.images() * imageSize, 0f);
    for (int image = 0; image < support.images(); image++) {
      int first = image * imageSize;
      for (int i = support.start(image); i < support.start(image + 1); i++) {
        images[first + support.place(i)] = values[i];
      }
    }
  }

  /** Takes the elements from an array of all. */
  void read(float[] images) {
    for (int image = 0; image < support.images(); image++) {
      int first = image * imageSize;
      for (int i = support.start(image); i < support.start(image + 1); i++) {
        values[i] = images[first + support.place(i)];
      }
    }
  }

  /** The sum of an image, in float64. */
  double sum(int image) {
    return Loops.sum(values, support.start(image), support.start(image + 1));
  }
}
