package org.samplegrad.core.passes;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.losses.Targets;

/** Samples with their targets in primitive arrays: the unit of work of both passes. */
public final class Block implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int samples;
  private final Shape sampleShape;
  private final float[] floats;
  private final double[] doubles;
  private final double[] targets;

  private Block(
      int samples, Shape sampleShape, float[] floats, double[] doubles, double[] targets) {
    this.samples = samples;
    this.sampleShape = sampleShape;
    this.floats = floats;
    this.doubles = doubles;
    this.targets = targets;
    int length = floats == null ? doubles.length : floats.length;
    if (samples < 1
        || length != (long) samples * sampleShape.size()
        || targets.length == 0
        || targets.length % samples != 0) {
      throw new IllegalArgumentException(
          "%d inputs and %d targets do not make %d samples of shape %s"
              .formatted(length, targets.length, samples, sampleShape));
    }
  }

  /**
   * @param inputs {@code [n, ...sampleShape]}; taken over, not copied
   * @param targets {@code [n, t]}; taken over, not copied
   * @throws IllegalArgumentException if the lengths do not fit
   */
  public static Block of(int samples, Shape sampleShape, float[] inputs, double[] targets) {
    return new Block(samples, sampleShape, inputs, null, targets);
  }

  /** The same with inputs in float64. */
  public static Block of(int samples, Shape sampleShape, double[] inputs, double[] targets) {
    return new Block(samples, sampleShape, null, inputs, targets);
  }

  public int samples() {
    return samples;
  }

  public Shape sampleShape() {
    return sampleShape;
  }

  /** The number format of the inputs. */
  public Precision precision() {
    return floats == null ? Precision.FLOAT64 : Precision.FLOAT32;
  }

  public Targets targets() {
    return new Targets(targets, targets.length / samples);
  }

  /** The inputs, {@code [n, ...sampleShape]}. */
  Tensor inputs(Backend backend) {
    Shape shape = sampleShape.prepend(samples);
    return floats == null ? backend.tensor(shape, doubles) : backend.tensor(shape, floats);
  }

  /** Sample {@code n} alone. */
  public Block sample(int n) {
    int size = sampleShape.size();
    int perSample = targets.length / samples;
    double[] target = Arrays.copyOfRange(targets, n * perSample, (n + 1) * perSample);
    return floats == null
        ? of(1, sampleShape, Arrays.copyOfRange(doubles, n * size, (n + 1) * size), target)
        : of(1, sampleShape, Arrays.copyOfRange(floats, n * size, (n + 1) * size), target);
  }

  /**
   * The samples of all blocks in order.
   *
   * @throws IllegalArgumentException if there is no block, or they differ in precision, in their
   *     samples' shape or in the length of their targets
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
    int size = first.sampleShape.size();
    float[] floats = first.floats == null ? null : new float[samples * size];
    double[] doubles = first.doubles == null ? null : new double[samples * size];
    double[] targets = new double[samples * first.kind().targets()];
    int done = 0;
    for (Block block : blocks) {
      Object from = floats == null ? block.doubles : block.floats;
      Object into = floats == null ? doubles : floats;
      System.arraycopy(from, 0, into, done * size, block.samples * size);
      System.arraycopy(
          block.targets, 0, targets, done * first.kind().targets(), block.targets.length);
      done += block.samples;
    }
    return new Block(samples, first.sampleShape, floats, doubles, targets);
  }

  /** What the samples of blocks that can be joined have in common. */
  private record Kind(Precision precision, Shape sampleShape, int targets) {}

  private Kind kind() {
    return new Kind(precision(), sampleShape, targets.length / samples);
  }

  @Override
  public String toString() {
    return "Block of %d samples %s".formatted(samples, sampleShape);
  }
}
