package org.samplegrad.core.models.onnx;

import java.util.List;
import org.samplegrad.core.backend.Shape;

/** Several values under one name, as operators of sequences take and give them. */
record SequenceValue(List<Operand> elements) implements Operand {
  SequenceValue {
    elements = List.copyOf(elements);
  }

  /**
   * @throws IllegalArgumentException always: several values have no one shape
   */
  @Override
  public Shape shape() {
    throw new IllegalArgumentException(
        "takes a sequence of values, which only operators on sequences can");
  }
}
