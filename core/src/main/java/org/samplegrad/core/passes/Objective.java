package org.samplegrad.core.passes;

import java.io.Serializable;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.losses.Loss;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.core.losses.Targets;
import org.samplegrad.core.models.Model;
import org.samplegrad.core.models.UnusableModelException;

/** A model with a loss that fits its output. */
public record Objective(Model model, Loss loss) implements Serializable {
  /**
   * Memory that the arrays of one block may take. Small blocks pay the fixed cost of each array
   * operation too often, large ones leave the cache.
   */
  private static final long BLOCK_BYTES = 64L << 20;

  /** Arrays alive at once in the pull-back pass, as a multiple of those of a forward evaluation. */
  private static final int ARRAYS_PER_FORWARD_ARRAY = 6;

  private static final int LARGEST_BLOCK = 1024;

  /**
   * @throws UnusableModelException if the loss cannot take the model's output, or there is no
   *     parameter to differentiate for
   */
  public Objective {
    try {
      loss.target(model.outputShape());
    } catch (IllegalArgumentException e) {
      throw new UnusableModelException("The loss does not fit the model: " + e.getMessage(), e);
    }
    if (model.parameters().size() == 0) {
      throw new UnusableModelException("The model has no parameters, so there are no gradients");
    }
  }

  /** What the target of one sample must be. */
  public TargetSpec target() {
    return loss.target(model.outputShape());
  }

  /** What these samples add to the number that {@code reduction=mean} divides by. */
  double denominator(Targets targets) {
    return loss.denominator(model.outputShape(), targets);
  }

  /** The number of samples per block that keeps a block's arrays within the memory budget. */
  public int blockSize(Precision precision) {
    long bytes = precision == Precision.FLOAT32 ? Float.BYTES : Double.BYTES;
    long perSample = bytes * ARRAYS_PER_FORWARD_ARRAY * model.elementsPerSample();
    return (int) Math.max(1, Math.min(LARGEST_BLOCK, BLOCK_BYTES / perSample));
  }

  /** The number of samples beyond which an array of a block could exceed what Java can index. */
  public int largestBlockSize() {
    return (int) Math.max(1, Integer.MAX_VALUE / model.elementsPerSample());
  }
}
