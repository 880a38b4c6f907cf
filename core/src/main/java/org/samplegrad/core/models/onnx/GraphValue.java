package org.samplegrad.core.models.onnx;

import org.samplegrad.core.backend.Shape;

/**
 * A value of the graph under construction.
 *
 * @param node its number there
 * @param shape of one sample
 * @param batched whether in the file the samples are its first axis; otherwise the file's value has
 *     this very shape, and is the same for all samples
 */
record GraphValue(int node, Shape shape, boolean batched) implements Operand {
  /** The number of axes in the file. */
  int rank() {
    return batched ? shape.rank() + 1 : shape.rank();
  }

  /**
   * The axis of one sample for an axis in the file.
   *
   * @param what the axis is for, in messages
   * @throws IllegalArgumentException if there is no such axis, or the samples lie along it
   */
  int sampleAxis(long axis, String what) {
    long position = axis < 0 ? axis + rank() : axis;
    if (position < 0 || position >= rank()) {
      throw new IllegalArgumentException(
          "%s the axis %d of an input with %d axes".formatted(what, axis, rank()));
    }
    if (batched && position == 0) {
      throw new IllegalArgumentException(
          "%s the axis of the samples. That mixes samples, so they have no gradients of their own; keep the first axis apart"
              .formatted(what));
    }
    return (int) (batched ? position - 1 : position);
  }
}
