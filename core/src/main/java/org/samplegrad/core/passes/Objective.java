package org.samplegrad.core.passes;

import java.io.Serializable;
import org.samplegrad.core.backend.BackendProvider;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.losses.Loss;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.core.losses.Targets;
import org.samplegrad.core.models.Model;
import org.samplegrad.core.models.UnusableModelException;

/** A model with a loss that fits its output. */
public record Objective(Model model, Loss loss) implements Serializable {
  /**
   * Memory of the arrays of one block that a processor's cache still speeds up. Arrays that are
   * never made, as those before a max pool, are counted, so this is more than the cache.
   */
  private static final long CACHE_BYTES = 24L << 20;

  /** Memory that the arrays of one block may take, what layers work in included. */
  private static final long MOST_BYTES = 72L << 20;

  /**
   * For each block, arrays of the size of the parameters are added up, and matrices of that size
   * are arranged for products: a block's own arrays should be some times larger than these.
   */
  private static final long ARRAYS_PER_PARAMETER_ARRAY = 6;

  /** Arrays alive at once in the pull-back pass, as a multiple of those of a forward evaluation. */
  private static final int ARRAYS_PER_FORWARD_ARRAY = 4;

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

  /**
   * The number of samples per block: as many as keep the block's arrays in the cache, or more where
   * the parameters are larger than these arrays, within a bound on memory.
   */
  public int blockSize(BackendProvider backend, Precision precision) {
    long bytes = precision == Precision.FLOAT32 ? Float.BYTES : Double.BYTES;
    long perElement = bytes * ARRAYS_PER_FORWARD_ARRAY;
    long elements = model.elementsPerSample();
    long inCache = CACHE_BYTES / (perElement * elements);
    long besideParameters = ARRAYS_PER_PARAMETER_ARRAY * model.parameters().size() / elements;
    long scratch = backend.worksSampleBySample() ? 0 : model.scratchPerSample();
    long inMemory = MOST_BYTES / (perElement * (elements + scratch));
    long best = Math.min(inMemory, Math.max(inCache, besideParameters));
    return (int) Math.max(1, Math.min(LARGEST_BLOCK, best));
  }

  /** The number of samples beyond which an array of a block could exceed what Java can index. */
  public int largestBlockSize() {
    long elements = model.elementsPerSample() + model.scratchPerSample();
    return (int) Math.max(1, Integer.MAX_VALUE / elements);
  }
}
