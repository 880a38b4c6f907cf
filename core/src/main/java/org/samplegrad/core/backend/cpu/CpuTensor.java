package org.samplegrad.core.backend.cpu;

import org.bytedeco.javacpp.FloatPointer;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;

/**
 * A shape over a {@link Storage}; a reshaped tensor shares it.
 *
 * @param support where its elements that are not 0 by its making lie, or null if that is not known
 */
record CpuTensor(Shape shape, Storage storage, CpuBackend backend, Support support)
    implements Tensor {

  CpuTensor(Shape shape, Storage storage, CpuBackend backend) {
    this(shape, storage, backend, null);
  }

  CpuTensor with(Support known) {
    return new CpuTensor(shape, storage, backend, known);
  }

  /** The elements, row-major from index 0 on; not to be written by others than the maker. */
  float[] array() {
    return storage.array();
  }

  FloatPointer pointer() {
    return storage.pointer();
  }

  int size() {
    return storage.size();
  }

  @Override
  public String toString() {
    return "Tensor" + shape;
  }
}
