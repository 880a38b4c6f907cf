package org.samplegrad.core.models.onnx;

import org.samplegrad.core.backend.Shape;

/**
 * A value of the graph under construction.
 *
 * @param node its number there
 * @param shape of one sample
 * @param layout where the file's value has the samples; null if it has this very shape and is the
 *     same for all samples
 */
record GraphValue(int node, Shape shape, SampleLayout layout) implements Operand {

  /**
   * @param batched whether in the file the samples are its first axis
   */
  GraphValue(int node, Shape shape, boolean batched) {
    this(node, shape, batched ? SampleLayout.FIRST : null);
  }

  /** Whether it is another for each sample. */
  boolean batched() {
    return layout != null;
  }

  /** Whether it has samples, and elsewhere than along an axis of their own that is the first. */
  boolean isMoved() {
    return layout != null && !layout.isFirst();
  }

  GraphValue with(SampleLayout other) {
    return new GraphValue(node, shape, other);
  }

  /** The number of axes in the file. */
  int rank() {
    return layout == null ? shape.rank() : layout.rank(shape);
  }

  /** The axis in the file that holds the samples, -1 if none does. */
  int samplesAxis() {
    return layout == null ? -1 : layout.axis();
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
    if (position == samplesAxis()) {
      throw new IllegalArgumentException(
          "%s the axis of the samples. That mixes samples, so they have no gradients of their own; keep %s"
              .formatted(what, isMoved() ? "that axis apart" : "the first axis apart"));
    }
    return layout == null ? (int) position : layout.ofSample((int) position);
  }
}
