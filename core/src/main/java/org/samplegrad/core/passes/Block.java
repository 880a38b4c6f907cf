package org.samplegrad.core.passes;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.losses.Targets;

/** Samples with their targets in primitive arrays: the unit of work of both passes. */
public final class Block implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int samples;
  private final Shape sampleShape;
  private final InputArray inputs;
  private final double[] targets;

  private Block(int samples, Shape sampleShape, InputArray inputs, double[] targets) {
    this.samples = samples;
    this.sampleShape = sampleShape;
    this.inputs = inputs;
    this.targets = targets;
    if (samples < 1
        || inputs.length() != (long) samples * sampleShape.size()
        || targets.length == 0
        || targets.length % samples != 0) {
      throw new IllegalArgumentException(
          "%d inputs and %d targets do not make %d samples of shape %s"
              .formatted(inputs.length(), targets.length, samples, sampleShape));
    }
  }

  /**
   * @param inputs {@code [n, ...sampleShape]}; taken over, not copied
   * @param targets {@code [n, t]}; taken over, not copied
   * @throws IllegalArgumentException if the lengths do not fit
   */
  public static Block of(int samples, Shape sampleShape, float[] inputs, double[] targets) {
    return new Block(samples, sampleShape, new InputArray.Floats(inputs), targets);
  }

  /** The same with inputs in float64. */
  public static Block of(int samples, Shape sampleShape, double[] inputs, double[] targets) {
    return new Block(samples, sampleShape, new InputArray.Doubles(inputs), targets);
  }

  /**
   * The same with inputs that are bytes, as images have, in a quarter of the memory.
   *
   * @param bytes {@code [n, ...sampleShape]}; taken over, not copied
   * @param lookupTable the number that each of the 256 unsigned bytes stands for
   */
  public static Block of(
      int samples, Shape sampleShape, byte[] bytes, float[] lookupTable, double[] targets) {
    return new Block(samples, sampleShape, new InputArray.Bytes(bytes, lookupTable), targets);
  }

  public int samples() {
    return samples;
  }

  public Shape sampleShape() {
    return sampleShape;
  }

  public Targets targets() {
    return new Targets(targets, targets.length / samples);
  }

  /** The memory of the arrays. */
  public long bytes() {
    return (long) inputs.length() * inputs.bytesPerNumber() + (long) targets.length * Double.BYTES;
  }

  /** The inputs, {@code [n, ...sampleShape]}. */
  Tensor inputs(Backend backend) {
    return inputs.tensor(backend, sampleShape.prepend(samples));
  }

  /** Sample {@code n} alone. */
  public Block sample(int n) {
    int size = sampleShape.size();
    int perSample = targets.length / samples;
    return new Block(
        1,
        sampleShape,
        inputs.range(n * size, (n + 1) * size),
        Arrays.copyOfRange(targets, n * perSample, (n + 1) * perSample));
  }

  /**
   * The samples of all blocks in order.
   *
   * @throws IllegalArgumentException if there is no block, or they differ in how their inputs are
   *     held, in their samples' shape or in the length of their targets
   */
  public static Block join(List<Block> blocks) {
    if (blocks.size() == 1) {
      return blocks.get(0);
    }
    if (blocks.stream().map(Block::kind).distinct().count() != 1) {
      throw new IllegalArgumentException("Only blocks of one kind of sample can be joined");
    }
    Block first = blocks.get(0);
    int samples = blocks.stream().mapToInt(Block::samples).sum();
    double[] targets = new double[samples * first.kind().targets()];
    int done = 0;
    for (Block block : blocks) {
      System.arraycopy(block.targets, 0, targets, done, block.targets.length);
      done += block.targets.length;
    }
    InputArray inputs = InputArray.join(blocks.stream().map(block -> block.inputs).toList());
    return new Block(samples, first.sampleShape, inputs, targets);
  }

  /** What the samples of blocks that can be joined have in common. */
  private record Kind(Object inputs, Shape sampleShape, int targets) {}

  private Kind kind() {
    return new Kind(inputs.kind(), sampleShape, targets.length / samples);
  }

  @Override
  public String toString() {
    return "Block of %d samples %s".formatted(samples, sampleShape);
  }
}
