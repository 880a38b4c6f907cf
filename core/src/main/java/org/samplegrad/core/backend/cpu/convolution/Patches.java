package org.samplegrad.core.backend.cpu.convolution;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.backend.cpu.kernels.PatchKernels;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;

/**
 * Images with their channels last and their padding written out, {@code [..., c]}, in which the
 * elements of a window are a few stretches: the patch of each position is read in vectors at the
 * same offsets from its base, and no columns have to be made. Weights that are to meet patches are
 * laid out as one, with zeros where the vectors reach beyond a stretch.
 */
final class Patches {
  /** In {@link #elements}, where a vector reaches beyond its stretch. */
  private static final int BEYOND = -1;

  /** Pixels transposed together, so that they stay in the nearest cache. */
  private static final int TRANSPOSED = 16;

  private final int channels;
  private final int windowSize;
  private final int length;

  /** Where each element of a channel lies, for the first channel. */
  private final int[] pixels;

  /** Pixels that follow each other along the last axis. */
  private final int pixelRow;

  /** Where the patch of each position begins. */
  private final int[] bases;

  /** Positions whose bases follow each other without gaps. */
  private final int positionRow;

  /** Positions whose pixels follow each other without gaps. */
  private final int channelRow;

  /** Where each element {@code [c,k]} of a window lies from the base on. */
  private final int[] elementOffsets;

  /** Where each quad of a patch lies from the base on: four vectors that follow each other. */
  private final int[] quadOffsets;

  /** Where each of the other vectors of a patch, which come behind the quads, lies. */
  private final int[] offsets;

  /** Which element {@code [c,k]} of a window each element of a patch holds. */
  private final int[] elements;

  /** The elements of a patch that hold none. */
  private final int[] beyond;

  /**
   * @param channels of a group
   * @param extents the spatial extents of the images
   */
  Patches(Window window, int channels, int lanes, int... extents) {
    int axes = window.axes();
    int[] outputs = window.outputExtents(extents);
    int[] strides = new int[axes];
    int stride = channels;
    for (int axis = axes - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride = Math.multiplyExact(stride, (int) window.paddedExtent(axis, extents[axis]));
    }
    int imageOrigin = 0;
    int[] windowSteps = new int[axes];
    int[] elementSteps = new int[axes];
    for (int axis = 0; axis < axes; axis++) {
      imageOrigin += window.paddingBefore(axis) * strides[axis];
      windowSteps[axis] = window.stride(axis) * strides[axis];
      elementSteps[axis] = window.dilation(axis) * strides[axis];
    }
    this.channels = channels;
    this.windowSize = window.kernelSize();
    this.length = Math.addExact(stride, lanes);
    this.pixels = grid(imageOrigin, extents, strides);
    this.pixelRow = extents[axes - 1];
    this.positionRow = windowSteps[axes - 1] == 1 ? outputs[axes - 1] : 1;
    this.channelRow = window.stride(axes - 1) == 1 ? outputs[axes - 1] : 1;
    this.bases = grid(0, outputs, windowSteps);
    int[] windowOffsets = grid(0, window.kernel(), elementSteps);
    this.elementOffsets = new int[channels * windowSize];
    for (int c = 0; c < channels; c++) {
      for (int k = 0; k < windowSize; k++) {
        elementOffsets[c * windowSize + k] = windowOffsets[k] + c;
      }
    }
    // Neighbours along the last axis follow each other with all their channels.
    int together = window.dilation(axes - 1) == 1 ? window.kernel(axes - 1) : 1;
    int vectors = (together * channels + lanes - 1) / lanes;
    int stretches = windowSize / together;
    int quads = vectors / PatchKernels.QUAD;
    int others = vectors % PatchKernels.QUAD;
    this.quadOffsets = new int[stretches * quads];
    this.offsets = new int[stretches * others];
    this.elements = new int[stretches * vectors * lanes];
    Arrays.fill(elements, BEYOND);
    int inQuads = quads * PatchKernels.QUAD * lanes;
    for (int stretch = 0; stretch < stretches; stretch++) {
      int origin = windowOffsets[stretch * together];
      for (int q = 0; q < quads; q++) {
        quadOffsets[stretch * quads + q] = origin + q * PatchKernels.QUAD * lanes;
      }
      for (int v = 0; v < others; v++) {
        offsets[stretch * others + v] = origin + inQuads + v * lanes;
      }
      for (int j = 0; j < together * channels; j++) {
        int index =
            j < inQuads
                ? stretch * inQuads + j
                : stretches * inQuads + stretch * others * lanes + j - inQuads;
        elements[index] = j % channels * windowSize + stretch * together + j / channels;
      }
    }
    this.beyond = IntStream.range(0, elements.length).filter(i -> elements[i] == BEYOND).toArray();
  }

  /** The indices {@code origin + sum_a i_a steps_a} of all indices below the extents, row-major. */
  private static int[] grid(int origin, int[] extents, int[] steps) {
    int[] indices = {origin};
    for (int axis = 0; axis < extents.length; axis++) {
      int[] finer = new int[Math.multiplyExact(indices.length, extents[axis])];
      for (int i = 0; i < finer.length; i++) {
        finer[i] = indices[i / extents[axis]] + i % extents[axis] * steps[axis];
      }
      indices = finer;
    }
    return indices;
  }

  /** The elements of the images of a group, {@code [c,...]}. */
  int groupSize() {
    return channels * pixels.length;
  }

  int positions() {
    return bases.length;
  }

  /** Of a group. */
  int channels() {
    return channels;
  }

  /** Elements from the base of the first position to that of the last. */
  int stretch() {
    return bases[bases.length - 1] + 1;
  }

  int[] bases() {
    return bases;
  }

  int positionRow() {
    return positionRow;
  }

  int[] quadOffsets() {
    return quadOffsets;
  }

  /** Of the vectors behind the quads. */
  int[] offsets() {
    return offsets;
  }

  int[] elementOffsets() {
    return elementOffsets;
  }

  /** The elements of a patch with those its vectors reach beyond. */
  int patchLength() {
    return elements.length;
  }

  /** The elements of an array that holds an image, with those that vectors reach beyond it. */
  int imageLength() {
    return length;
  }

  /**
   * {@code images [c,...]} from {@code first} on, into an image from {@code target} on whose
   * padding is 0.
   */
  void load(float[] images, int first, float[] image, int target) {
    if (channels == 1) {
      for (int i = 0; i < pixels.length; i += pixelRow) {
        System.arraycopy(images, first + i, image, target + pixels[i], pixelRow);
      }
      return;
    }
    for (int start = 0; start < pixels.length; start += TRANSPOSED) {
      int end = Math.min(start + TRANSPOSED, pixels.length);
      for (int c = 0; c < channels; c++) {
        int from = first + c * pixels.length;
        for (int i = start; i < end; i++) {
          image[target + pixels[i] + c] = images[from + i];
        }
      }
    }
  }

  /**
   * So many channels of a group of a sample, each into an image of its own, where these are of one
   * channel.
   *
   * @param images {@code [block,c,...]}
   * @param image {@code [c, imageLength]}
   */
  void loadChannels(float[] images, int block, int count, float[] image) {
    for (int c = 0; c < count; c++) {
      load(images, (block * count + c) * groupSize(), image, c * imageLength());
    }
  }

  /** Adds what {@link #load} would have taken. */
  void addTo(float[] images, int first, float[] image) {
    for (int start = 0; start < pixels.length; start += TRANSPOSED) {
      int end = Math.min(start + TRANSPOSED, pixels.length);
      for (int c = 0; c < channels; c++) {
        int to = first + c * pixels.length;
        for (int i = start; i < end; i++) {
          images[to + i] += image[pixels[i] + c];
        }
      }
    }
  }

  /**
   * Adds rows of channels to an image: those of each position {@code p} where the window there has
   * its element {@code k}.
   *
   * @param rows {@code [p, width]}
   */
  void addAt(int k, float[] rows, int width, float[] image, VectorKernels kernels) {
    int together = width == channels ? channelRow : 1;
    for (int p = 0; p < bases.length; p += together) {
      kernels.add(rows, p * width, image, bases[p] + elementOffsets[k], together * channels);
    }
  }

  /** Weights {@code [o,c,k]} from {@code first} on, as patches. */
  void packWeights(float[] weights, int first, int outputs, float[] packed) {
    for (int o = 0; o < outputs; o++) {
      int from = first + o * elementOffsets.length;
      int to = o * elements.length;
      for (int i = 0; i < elements.length; i++) {
        packed[to + i] = elements[i] == BEYOND ? 0 : weights[from + elements[i]];
      }
    }
  }

  /** Sets to 0 what a sum of patches holds beyond their stretches. */
  void clearBeyond(float[] packed, int outputs) {
    for (int o = 0; o < outputs; o++) {
      for (int index : beyond) {
        packed[o * elements.length + index] = 0;
      }
    }
  }

  /** The reverse of {@link #packWeights}. */
  void unpackWeights(float[] packed, int outputs, float[] weights, int first) {
    for (int o = 0; o < outputs; o++) {
      int from = o * elements.length;
      int to = first + o * elementOffsets.length;
      for (int i = 0; i < elements.length; i++) {
        if (elements[i] != BEYOND) {
          weights[to + elements[i]] = packed[from + i];
        }
      }
    }
  }
}
