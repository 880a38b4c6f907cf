package org.samplegrad.core.backend.cpu;

import java.util.Arrays;

/**
 * For few outputs and windows that are {@link Shifts}: products with columns are sums of shifted
 * stretches of the image, which loops add in less time than a general product needs to begin; and
 * the gradients of an output that few positions contribute to, as after a maximum pool, are summed
 * over those positions alone.
 */
final class ShiftedConvolution implements SampleConvolution {
  /** Outputs of a group up to which this is the faster way. */
  private static final int MOST_OUTPUTS = 8;

  /** Elements of a window in all channels up to which it is. */
  private static final int MOST_INPUTS = 256;

  /** Positions from which on it is. */
  private static final int LEAST_POSITIONS = 64;

  /** The share of positions that contribute to a gradient beyond which a product is faster. */
  private static final double LARGEST_SHARE = 0.4;

  private final Memory memory;
  private final Shifts shifts;
  private final int channels;
  private final int channelSize;
  private final int outputs;
  private final float[] sum;

  /** For each element of the window in each channel, the stretch of the image it meets. */
  private final float[][] stretches;

  private final UnfoldedConvolution general;
  private float[] images;
  private int firstOfImage;

  /**
   * @param channels of a group
   * @param outputs of a group
   */
  ShiftedConvolution(Memory memory, Unfolding unfolding, int channels, int outputs) {
    this.memory = memory;
    this.shifts = unfolding.shifts();
    this.channels = channels;
    this.channelSize = unfolding.channelSize();
    this.outputs = outputs;
    this.sum = memory.takeArray(shifts.span());
    this.stretches = new float[channels * unfolding.windowSize()][];
    for (int i = 0; i < stretches.length; i++) {
      stretches[i] = memory.takeArray(shifts.span());
    }
    this.general = new UnfoldedConvolution(memory, unfolding, channels, outputs);
  }

  static boolean suits(Unfolding unfolding, int channels, int outputs) {
    return unfolding.shifts() != null
        && outputs <= MOST_OUTPUTS
        && channels * unfolding.windowSize() <= MOST_INPUTS
        && unfolding.positions() >= LEAST_POSITIONS;
  }

  @Override
  public void unfold(float[] from, int first) {
    images = from;
    firstOfImage = first;
  }

  @Override
  public void product(Scratch weights, CpuTensor y, int target) {
    for (int c = 0; c < channels; c++) {
      for (int k = 0; k < shifts.windowSize(); k++) {
        int source = firstOfImage + c * channelSize + shifts.offset(k);
        System.arraycopy(images, source, stretches[c * shifts.windowSize() + k], 0, shifts.span());
      }
    }
    for (int o = 0; o < outputs; o++) {
      Arrays.fill(sum, 0, shifts.span(), 0f);
      Loops.addProducts(weights.array(), o * stretches.length, stretches, sum, shifts.span());
      shifts.compact(sum, y.array(), target + o * shifts.positions());
    }
  }

  @Override
  public void gradient(CpuTensor u, int first, Scratch gradient) {
    float[] factors = u.array();
    int size = outputs * shifts.positions();
    int contributing = 0;
    for (int i = first; i < first + size; i++) {
      contributing += factors[i] == 0 ? 0 : 1;
    }
    if (contributing > LARGEST_SHARE * size) {
      general.unfold(images, firstOfImage);
      general.gradient(u, first, gradient);
      return;
    }
    Arrays.fill(gradient.array(), 0, gradient.size(), 0f);
    for (int o = 0; o < outputs; o++) {
      int row = first + o * shifts.positions();
      for (int p = 0; p < shifts.positions(); p++) {
        if (factors[row + p] != 0) {
          addWindow(factors[row + p], p, gradient.array(), o * stretches.length);
        }
      }
    }
  }

  /** Adds the window at a position, in runs of elements that follow each other in the image. */
  private void addWindow(float factor, int position, float[] gradient, int first) {
    int run = shifts.runLength();
    int target = first;
    for (int c = 0; c < channels; c++) {
      int place = firstOfImage + c * channelSize + shifts.base(position);
      for (int k = 0; k < shifts.windowSize(); k += run) {
        int source = place + shifts.offset(k);
        for (int j = 0; j < run; j++) {
          gradient[target + j] += factor * images[source + j];
        }
        target += run;
      }
    }
  }

  @Override
  public void addAdjoint(Scratch weights, CpuTensor u, int first, float[] target, int place) {
    general.addAdjoint(weights, u, first, target, place);
  }

  @Override
  public boolean writesArrays() {
    return true;
  }

  @Override
  public void close() {
    general.close();
    memory.giveBack(sum);
    for (float[] stretch : stretches) {
      memory.giveBack(stretch);
    }
  }
}
