package org.samplegrad.core.models.onnx;

import org.samplegrad.core.backend.Shape;

/** What the name of a value in the file stands for. */
sealed interface Operand permits StaticTensor, StoredTensor, GraphValue, SequenceValue {
  /** The shape; for an {@link GraphValue} that of one sample. */
  Shape shape();
}
