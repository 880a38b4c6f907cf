package org.samplegrad.core.backend.cpu.memory;

import java.util.Arrays;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.Shape;

/**
 * Where the elements of an array of images {@code [n,c,...]} lie that are not 0 by its making,
 * whatever the values: of the gradient that a max pool gives back, the maxima. Elements elsewhere
 * are 0, and nothing that is derived from them comes through to the ones before.
 */
public final class Support {
  /** Where more elements than this share are left, leaving out the others gains nothing. */
  private static final double LARGEST_SHARE = 0.5;

  /**
   * The number of no element, for indices that do not count: its element is 0. To ask for each
   * index whether it counts would be answered wrongly by the processor as often as not.
   */
  private static final int NOWHERE = 0;

  /** For each image {@code n,c} the number of its first element; one more for the end. */
  private final int[] starts;

  /** The positions in an image, in no particular order, each once; the array may be longer. */
  private final int[] positions;

  /** What the positions come from, or null. */
  private final Indices indices;

  /** For each index the number of the position it points to, or {@link #NOWHERE}. */
  private final int[] ofIndices;

  private Support(int[] starts, int[] positions, Indices indices, int[] ofIndices) {
    this.starts = starts;
    this.positions = positions;
    this.indices = indices;
    this.ofIndices = ofIndices;
  }

  public int images() {
    return starts.length - 1;
  }

  /** Number of the first position of an image. */
  public int start(int image) {
    return starts[image];
  }

  /** A position in its image. */
  public int position(int number) {
    return positions[number];
  }

  /** What the numbers of positions are below. */
  public int end() {
    return starts[images()];
  }

  /**
   * The positions that indices point to; null if they are not those of a pool, or if they are too
   * many.
   *
   * @param shape of what they point into
   * @param mask only indices for which it is positive or NaN count; all if null
   */
  public static Support of(Indices indices, Shape shape, float[] mask) {
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
    int[] positions = new int[1 + indices.size()];
    int[] ofIndices = new int[indices.size()];
    // The number of each position among these, where it is one of the same image.
    int[] numbers = new int[size];
    int count = 1;
    starts[0] = count;
    for (int image = 0; image < images; image++) {
      for (int i = image * chosen; i < (image + 1) * chosen; i++) {
        int position = indices.position(i) - image * size;
        if (position < 0 || position >= size) {
          return null;
        }
        positions[count] = position;
        int counts = mask == null ? 1 : oneIfPositive(mask[i]);
        boolean isNew = numbers[position] < starts[image];
        numbers[position] = isNew ? counts * count : numbers[position];
        count += isNew ? counts : 0;
        ofIndices[i] = counts * numbers[position];
      }
      starts[image + 1] = count;
    }
    return new Support(starts, positions, indices, ofIndices);
  }

  /**
   * 1 for every positive number and NaN, 0 for others; a branch would be foretold wrongly as often
   * as not.
   */
  private static int oneIfPositive(float x) {
    // The sum makes a negative zero a positive one.
    return -Float.floatToRawIntBits(x + 0f) >>> (Integer.SIZE - 1);
  }

  /** So many elements that those at all positions can be written to them. */
  float[] takeValues(Memory memory) {
    float[] values = memory.takeArray(end());
    values[NOWHERE] = 0;
    return values;
  }

  /** Whether its positions are those that these indices point to, or some of them. */
  public boolean isOf(Indices other) {
    return indices == other;
  }

  /** Adds each element to that at the position its index points to, of those that count. */
  public void scatterAdd(float[] x, float[] values) {
    Arrays.fill(values, 0, end(), 0f);
    for (int i = 0; i < ofIndices.length; i++) {
      values[ofIndices[i]] += x[i];
    }
    values[NOWHERE] = 0;
  }

  /** The reverse: for each index the element at its position, or 0 if it does not count. */
  public void gather(float[] values, float[] y) {
    for (int i = 0; i < ofIndices.length; i++) {
      y[i] = values[ofIndices[i]];
    }
  }

  /** Of these positions those where {@code x} is positive or NaN. */
  public Support wherePositive(float[] x, int imageSize) {
    int[] left = new int[starts.length];
    int[] kept = new int[end()];
    int count = 1;
    left[0] = count;
    for (int image = 0; image + 1 < starts.length; image++) {
      int first = image * imageSize;
      for (int i = starts[image]; i < starts[image + 1]; i++) {
        kept[count] = positions[i];
        count += oneIfPositive(x[first + positions[i]]);
      }
      left[image + 1] = count;
    }
    return new Support(left, kept, null, null);
  }

  /** The largest number of positions in a number of images that follow each other. */
  public int mostPositions(int images) {
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
