package org.samplegrad.core.backend.nd4j;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;

/** A dense c-order ND4J array; a scalar is held with the ND4J shape {@code [1]}. */
record Nd4jTensor(Shape shape, INDArray array, Nd4jBackend backend) implements Tensor {

  static long[] dimensions(Shape shape) {
    if (shape.rank() == 0) {
      return new long[] {1};
    }
    long[] dimensions = new long[shape.rank()];
    for (int axis = 0; axis < dimensions.length; axis++) {
      dimensions[axis] = shape.extent(axis);
    }
    return dimensions;
  }

  @Override
  public String toString() {
    return "Tensor" + shape;
  }
}
