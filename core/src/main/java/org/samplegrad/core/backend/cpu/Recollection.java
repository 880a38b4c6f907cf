package org.samplegrad.core.backend.cpu;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.KeptProducts;
import org.samplegrad.core.backend.Shape;

/**
 * One evaluation of a block, with what it keeps or an earlier one has kept.
 *
 * <p>What is not kept of a convolution is put off when the evaluation is repeated: most often a max
 * pool follows, whose choice and maxima are kept, and nothing ever reads the output.
 */
final class Recollection {
  /** A selection is kept if this many times its elements are not more than it selects from. */
  private static final int LEAST_REDUCTION = 2;

  private final KeptProducts.Sequence sequence;
  private final Arrays arrays;

  /** Outputs of convolutions that are worth keeping if something else than a pool reads them. */
  private final Map<Storage, Integer> convolved = new LinkedHashMap<>();

  /** Makes tensors for what is not computed. */
  interface Arrays {
    CpuTensor copyOf(float[] elements, Shape shape);

    CpuTensor deferred(Shape shape, Supplier<CpuTensor> computation);
  }

  Recollection(KeptProducts products, Arrays arrays) {
    this.sequence = products.open();
    this.arrays = arrays;
  }

  /**
   * @param terms of the sum that each element is
   */
  CpuTensor product(Shape shape, int terms, Supplier<CpuTensor> computation) {
    if (!KeptProducts.suits(terms)) {
      return computation.get();
    }
    float[] known = sequence.next(shape.size());
    if (known != null) {
      return arrays.copyOf(known, shape);
    }
    CpuTensor product = computation.get();
    sequence.keep(product.array(), product.size());
    return product;
  }

  /**
   * @param terms of the sum that each element is
   */
  CpuTensor convolution(Shape shape, int terms, Supplier<CpuTensor> computation) {
    if (sequence.repeats()) {
      float[] known = sequence.next(shape.size());
      return known != null ? arrays.copyOf(known, shape) : arrays.deferred(shape, computation);
    }
    CpuTensor output = computation.get();
    int place = sequence.reserve();
    if (KeptProducts.suits(terms)) {
      convolved.put(output.storage(), place);
    }
    return output;
  }

  Indices choice(Supplier<Indices> computation) {
    Indices known = sequence.nextChoice();
    if (known != null) {
      return known;
    }
    Indices choice = computation.get();
    sequence.keep(choice);
    return choice;
  }

  /** The elements of {@code x} at some positions, in the given shape. */
  CpuTensor selection(CpuTensor x, Shape shape, Supplier<CpuTensor> computation) {
    if ((long) shape.size() * LEAST_REDUCTION > x.size()) {
      return computation.get();
    }
    float[] known = sequence.next(shape.size());
    if (known != null) {
      return arrays.copyOf(known, shape);
    }
    CpuTensor selection = computation.get();
    if (sequence.keep(selection.array(), selection.size())) {
      convolved.remove(x.storage());
    }
    return selection;
  }

  /** Must be called while the evaluation's tensors are alive. */
  void end() {
    convolved.forEach((output, place) -> sequence.fill(place, output.array(), output.size()));
    sequence.close();
  }
}
