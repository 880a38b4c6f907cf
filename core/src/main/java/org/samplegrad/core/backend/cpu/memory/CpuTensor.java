package org.samplegrad.core.backend.cpu.memory;

import org.bytedeco.javacpp.FloatPointer;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;

/** A shape over a {@link Storage}; a reshaped tensor shares it. */
public record CpuTensor(Shape shape, Storage storage, Backend backend) implements Tensor {

  public CpuTensor reshaped(Shape other) {
    return new CpuTensor(other, storage, backend);
  }

  /** The elements of images that are not 0 by their making, or null if that is not known. */
  public SparseElements sparse() {
    SparseElements elements = storage.sparse();
    return elements != null && elements.areOf(shape) ? elements : null;
  }

  /** Where they lie, or null. */
  public Support support() {
    SparseElements elements = sparse();
    return elements == null ? null : elements.support();
  }

  /** The elements, row-major from index 0 on; not to be written by others than the maker. */
  public float[] array() {
    return storage.array();
  }

  public FloatPointer pointer() {
    return storage.pointer();
  }

  public int size() {
    return storage.size();
  }

  @Override
  public String toString() {
    return "Tensor" + shape;
  }
}
