package org.samplegrad.core.models.onnx;

import org.samplegrad.core.backend.Shape;

/**
 * A tensor of floating-point numbers in the file: a parameter or a constant, as {@link
 * TensorIdentities} decides.
 *
 * @param source where the values come from
 * @param parameter the name as a parameter
 * @param parameterShape the shape as a parameter
 * @param shape the shape in which nodes see it
 * @param transposed whether nodes see the parameter, a matrix, transposed
 * @param trained whether it is a parameter
 */
record StoredTensor(
    TensorSource source,
    String parameter,
    Shape parameterShape,
    Shape shape,
    boolean transposed,
    boolean trained)
    implements Operand {

  static StoredTensor of(TensorSource source) {
    return new StoredTensor(source, source.name(), source.shape(), source.shape(), false, true);
  }

  /** The same values are another parameter. */
  StoredTensor named(String other) {
    return new StoredTensor(source, other, parameterShape, shape, transposed, trained);
  }

  /** The same values are no parameter. */
  StoredTensor constant() {
    return new StoredTensor(source, parameter, parameterShape, shape, transposed, false);
  }

  /** Nodes see a matrix transposed; the parameter stays as it is. */
  StoredTensor transpose() {
    Shape swapped = Shape.of(shape.extent(1), shape.extent(0));
    return new StoredTensor(source, parameter, parameterShape, swapped, !transposed, trained);
  }

  /** Nodes see other extents; the parameter stays as it is. */
  StoredTensor reshape(Shape other) {
    return new StoredTensor(source, parameter, parameterShape, other, transposed, trained);
  }

  /** The transposed matrix becomes the parameter; nodes see what they saw before. */
  StoredTensor asTransposeOf(String name) {
    Shape swapped = Shape.of(shape.extent(1), shape.extent(0));
    return new StoredTensor(source.transpose(), name, swapped, shape, true, trained);
  }

  /** The same values in another shape become the parameter; nodes see what they saw before. */
  StoredTensor asReshapeOf(String name, Shape other) {
    return new StoredTensor(source, name, other, shape, false, trained);
  }
}
