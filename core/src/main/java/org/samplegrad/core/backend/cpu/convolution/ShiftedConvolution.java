package org.samplegrad.core.backend.cpu.convolution;

import java.util.Arrays;
import org.samplegrad.core.backend.cpu.kernels.Loops;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Memory;
import org.samplegrad.core.backend.cpu.memory.Scratch;
import org.samplegrad.core.backend.cpu.products.Matrix;
import org.samplegrad.core.backend.cpu.products.Products;

/**
 * For few outputs and windows that are {@link Shifts}: the columns are shifted stretches of the
 * image, copied as a whole, and products with them are sums of stretches, which loops add in less
 * time than a general product needs to begin.
 */
final class ShiftedConvolution implements SampleConvolution {
  /** Outputs of a group up to which this is the faster way. */
  private static final int MOST_OUTPUTS = 8;

  /** Elements of a window in all channels up to which it is. */
  private static final int MOST_INPUTS = 256;

  /** Positions from which on it is. */
  private static final int LEAST_POSITIONS = 64;

  private final Memory memory;
  private final Unfolding unfolding;
  private final Shifts shifts;
  private final int channels;
  private final int outputs;
  private final int span;
  private final float[] sum;

  /** For each element of the window in each channel, the stretch of the image it meets. */
  private final float[][] stretches;

  /** The stretches in native memory, {@code [i, span]}. */
  private final Matrix columns;

  private final Scratch nativeColumns;

  /** A sample's output with zeros between the positions, {@code [o, span]}. */
  private final Scratch spreadOutput;

  /**
   * @param channels of a group
   * @param outputs of a group
   */
  ShiftedConvolution(Memory memory, Unfolding unfolding, int channels, int outputs) {
    this.memory = memory;
    this.unfolding = unfolding;
    this.shifts = unfolding.shifts();
    this.channels = channels;
    this.outputs = outputs;
    this.span = shifts.span();
    this.sum = memory.takeArray(span);
    this.stretches = new float[channels * unfolding.windowSize()][];
    for (int i = 0; i < stretches.length; i++) {
      stretches[i] = memory.takeArray(span);
    }
    this.nativeColumns = new Scratch(memory, stretches.length * span);
    this.columns = new Matrix(nativeColumns.pointer(), stretches.length, span, true);
    this.spreadOutput = new Scratch(memory, outputs * span);
  }

  static boolean suits(Unfolding unfolding, int channels, int outputs) {
    return unfolding.shifts() != null
        && outputs <= MOST_OUTPUTS
        && channels * unfolding.windowSize() <= MOST_INPUTS
        && unfolding.positions() >= LEAST_POSITIONS;
  }

  @Override
  public int weightSize() {
    return outputs * stretches.length;
  }

  @Override
  public void unfold(float[] images, int first) {
    for (int c = 0; c < channels; c++) {
      for (int k = 0; k < unfolding.windowSize(); k++) {
        int source = first + c * unfolding.channelSize() + shifts.offset(k);
        System.arraycopy(images, source, stretches[c * unfolding.windowSize() + k], 0, span);
      }
    }
  }

  @Override
  public void product(Scratch weights, CpuTensor y, int target) {
    for (int o = 0; o < outputs; o++) {
      Arrays.fill(sum, 0, span, 0f);
      Loops.addProducts(weights.array(), o * stretches.length, stretches, sum, span);
      shifts.compact(sum, y.array(), target + o * shifts.positions());
    }
  }

  @Override
  public void gradient(CpuTensor u, int first, Scratch gradient) {
    for (int i = 0; i < stretches.length; i++) {
      nativeColumns.pointer().position((long) i * span).put(stretches[i], 0, span);
    }
    nativeColumns.pointer().position(0);
    for (int o = 0; o < outputs; o++) {
      shifts.spread(u.array(), first + o * shifts.positions(), spreadOutput.array(), o * span);
    }
    spreadOutput.write();
    Products.multiply(
        new Matrix(spreadOutput.pointer(), outputs, span),
        columns,
        new Matrix(gradient.pointer(), outputs, stretches.length));
    gradient.read();
  }

  @Override
  public void addAdjoint(Scratch weights, CpuTensor u, int first, float[] images, int target) {
    try (UnfoldedConvolution general =
        new UnfoldedConvolution(memory, unfolding, channels, outputs)) {
      general.addAdjoint(weights, u, first, images, target);
    }
  }

  @Override
  public boolean writesArrays() {
    return true;
  }

  @Override
  public void close() {
    memory.giveBack(sum);
    for (float[] stretch : stretches) {
      memory.giveBack(stretch);
    }
    nativeColumns.close();
    spreadOutput.close();
  }
}
