package org.samplegrad.core.models.onnx;

import org.samplegrad.core.backend.Shape;

/**
 * A tensor of floating-point numbers in the file: a parameter, unless it turns out to be a
 * constant.
 *
 * @param source where the values come from
 * @param parameter the name as a parameter
 * @param parameterShape the shape as a parameter
 * @param shape the shape in which nodes see it
 * @param transposed whether nodes see the parameter, a matrix, transposed
 */
record StoredTensor(
    TensorSource source, String parameter, Shape parameterShape, Shape shape, boolean transposed)
    implements Operand {

  static StoredTensor of(TensorSource source) {
    return new StoredTensor(source, source.name(), source.shape(), source.shape(), false);
  }

  /** The same values are another parameter. */
  StoredTensor named(String other) {
    return new StoredTensor(source, other, parameterShape, shape, transposed);
  }

  /** Nodes see a matrix transposed; the parameter stays as it is. */
  StoredTensor transpose() {
    Shape swapped = Shape.of(shape.extent(1), shape.extent(0));
    return new StoredTensor(source, parameter, parameterShape, swapped, !transposed);
  }

  /** Nodes see other extents; the parameter stays as it is. */
  StoredTensor reshape(Shape other) {
    return new StoredTensor(source, parameter, parameterShape, other, transposed);
  }

  /** The transposed matrix becomes the parameter; nodes see what they saw before. */
  StoredTensor asTransposeOf(String name) {
    Shape swapped = Shape.of(shape.extent(1), shape.extent(0));
    return new StoredTensor(source.transpose(), name, swapped, shape, true);
  }

  /** The same values in another shape become the parameter; nodes see what they saw before. */
  StoredTensor asReshapeOf(String name, Shape other) {
    return new StoredTensor(source, name, other, shape, false);
  }
}
