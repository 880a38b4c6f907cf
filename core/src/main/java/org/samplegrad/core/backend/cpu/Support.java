package org.samplegrad.core.backend.cpu;

import java.util.Arrays;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.Shape;

/**
 * Where the elements of an array of images {@code [n,c,...]} lie that are not 0 by its making,
 * whatever the values: of the gradient that a max pool gives back, the maxima. Elements elsewhere
 * are 0, and nothing that is derived from them comes through to the ones before.
 *
 * @param starts for each image {@code n,c} where its places begin; one more for the end
 * @param places the positions in an image, in no particular order, each once
 */
record Support(int[] starts, int[] places) {
  /** Where more elements than this share are left, leaving out the others gains nothing. */
  private static final double LARGEST_SHARE = 0.5;

  /**
   * The places that indices point to; null if they are not those of a pool, or if they are too
   * many.
   *
   * @param shape of what they point into
   * @param mask only indices for which it is positive or NaN count; all if null
   */
  static Support of(Indices indices, Shape shape, float[] mask) {
    if (shape.rank() < 3 || indices.shape().rank() != shape.rank() || shape.size() == 0) {
      return null;
    }
    int images = shape.extent(0) * shape.extent(1);
    int size = shape.size() / images;
    int chosen = indices.size() / images;
    if (indices.shape().extent(0) * indices.shape().extent(1) != images
        || chosen > LARGEST_SHARE * size) {
      return null;
    }
    int[] starts = new int[images + 1];
    int[] places = new int[indices.size()];
    int[] seenIn = new int[size];
    int count = 0;
    for (int image = 0; image < images; image++) {
      for (int i = image * chosen; i < (image + 1) * chosen; i++) {
        int place = indices.position(i) - image * size;
        if (place < 0 || place >= size) {
          return null;
        }
        places[count] = place;
        int counts = mask == null ? 1 : oneIfPositive(mask[i]);
        count += seenIn[place] != image + 1 ? counts : 0;
        seenIn[place] = counts != 0 ? image + 1 : seenIn[place];
      }
      starts[image + 1] = count;
    }
    return new Support(starts, places);
  }

  /**
   * 1 for every positive number and NaN, 0 for others; a branch would be foretold wrongly as often
   * as not.
   */
  private static int oneIfPositive(float x) {
    // The sum makes a negative zero a positive one.
    return -Float.floatToRawIntBits(x + 0f) >>> (Integer.SIZE - 1);
  }

  /** The sum of an image's elements at these places, in float64. */
  double sum(float[] x, int image, int imageSize) {
    int first = image * imageSize;
    double even = 0;
    double odd = 0;
    int i = starts[image];
    for (; i + 1 < starts[image + 1]; i += 2) {
      even += x[first + places[i]];
      odd += x[first + places[i + 1]];
    }
    for (; i < starts[image + 1]; i++) {
      even += x[first + places[i]];
    }
    return even + odd;
  }

  /** Of these places those where {@code x} is positive or NaN. */
  Support wherePositive(float[] x, int imageSize) {
    int[] left = new int[starts.length];
    int[] kept = new int[starts[starts.length - 1]];
    int count = 0;
    for (int image = 0; image + 1 < starts.length; image++) {
      int first = image * imageSize;
      for (int i = starts[image]; i < starts[image + 1]; i++) {
        kept[count] = places[i];
        count += oneIfPositive(x[first + places[i]]);
      }
      left[image + 1] = count;
    }
    return new Support(left, kept);
  }

  /** Copies the elements at these places. */
  void copy(float[] from, float[] to, int imageSize) {
    for (int image = 0; image + 1 < starts.length; image++) {
      int first = image * imageSize;
      for (int i = starts[image]; i < starts[image + 1]; i++) {
        to[first + places[i]] = from[first + places[i]];
      }
    }
  }

  /** The largest number of places in a number of images that follow each other. */
  int mostPlaces(int images) {
    int most = 0;
    for (int image = 0; image + images < starts.length; image += images) {
      most = Math.max(most, starts[image + images] - starts[image]);
    }
    return most;
  }

  @Override
  public String toString() {
    return "Support" + Arrays.toString(starts);
  }
}
