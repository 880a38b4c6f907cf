package org.samplegrad.core.backend.cpu;

import org.bytedeco.javacpp.FloatPointer;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;

/** A shape over a {@link Storage}; a reshaped tensor shares it. */
record CpuTensor(Shape shape, Storage storage, CpuBackend backend) implements Tensor {

  CpuTensor reshaped(Shape other) {
    return new CpuTensor(other, storage, backend);
  }

  /** The elements of images that are not 0 by their making, or null if that is not known. */
  SparseElements sparse() {
    SparseElements elements = storage.sparse();
    return elements != null && elements.areOf(shape) ? elements : null;
  }

  /** Where they lie, or null. */
  Support support() {
    SparseElements elements = sparse();
    return elements == null ? null : elements.support();
  }

  /** The elements, row-major from index 0 on; not to be written by others than the maker. */
  float[] array() {
    return storage.array();
  }

  FloatPointer pointer() {
    return storage.pointer();
  }

  /** The last two axes as a matrix, the first of a batch. */
  Matrix matrix(boolean transposed) {
    return new Matrix(pointer(), shape.extent(-2), shape.extent(-1), transposed);
  }

  int size() {
    return storage.size();
  }

  @Override
  public String toString() {
    return "Tensor" + shape;
  }
}
