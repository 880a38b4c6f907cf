package org.samplegrad.core.models.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.samplegrad.core.backend.Shape;

/**
 * Operators on sequences of values. How long a sequence is, and which element is asked for, must be
 * known without a sample; the elements may be anything.
 */
final class SequenceNodes {
  private static final int MOST_ELEMENTS = 10_000;

  private SequenceNodes() {}

  private static SequenceValue of(List<Operand> elements) {
    if (elements.size() > MOST_ELEMENTS) {
      throw new IllegalArgumentException(
          "makes a sequence of %d values; at most %d are taken"
              .formatted(elements.size(), MOST_ELEMENTS));
    }
    return new SequenceValue(elements);
  }

  private static List<Operand> elements(OnnxNode node, int operand) {
    if (node.operand(operand) instanceof SequenceValue sequence) {
      return sequence.elements();
    }
    throw new IllegalArgumentException("needs a sequence as its input " + operand);
  }

  static Operand construct(OnnxNode node, GraphTranslation graph) {
    List<Operand> elements = new ArrayList<>();
    for (int i = 0; i < node.operandCount(); i++) {
      elements.add(node.operand(i));
    }
    return of(elements);
  }

  static Operand empty(OnnxNode node, GraphTranslation graph) {
    node.ignore("dtype");
    return of(List.of());
  }

  static Operand insert(OnnxNode node, GraphTranslation graph) {
    List<Operand> elements = new ArrayList<>(elements(node, 0));
    int size = elements.size();
    int position = node.has(2) ? position(node, 2, size + 1, size) : size;
    elements.add(position, node.operand(1));
    return of(elements);
  }

  static Operand erase(OnnxNode node, GraphTranslation graph) {
    List<Operand> elements = new ArrayList<>(elements(node, 0));
    int size = elements.size();
    elements.remove(node.has(1) ? position(node, 1, size, size) : size - 1);
    return of(elements);
  }

  static Operand at(OnnxNode node, GraphTranslation graph) {
    List<Operand> elements = elements(node, 0);
    return elements.get(position(node, 1, elements.size(), elements.size()));
  }

  static Operand length(OnnxNode node, GraphTranslation graph) {
    return StaticTensor.ofIntegers(Shape.scalar(), elements(node, 0).size());
  }

  /**
   * @param places how many there are
   * @param size from which negative ones count
   */
  private static int position(OnnxNode node, int operand, int places, int size) {
    double number = node.constant(operand, "position").number("position");
    double counted = number < 0 ? number + size : number;
    if (!(counted >= 0 && counted < places)) {
      throw new IllegalArgumentException(
          "asks for the position %.0f of a sequence of %d values".formatted(number, size));
    }
    return (int) counted;
  }

  static Operand split(OnnxNode node, GraphTranslation graph) {
    Operand operand = node.operand(0);
    long axis = node.integer("axis", 0);
    boolean keeps = node.flag("keepdims", true);
    int extent = SliceNodes.extent(operand, axis, graph);
    long[] sizes;
    if (!node.has(1)) {
      sizes = new long[Math.min(extent, MOST_ELEMENTS + 1)];
      Arrays.fill(sizes, 1);
    } else if (node.operand(1).shape().rank() == 0) {
      sizes = SliceNodes.chunks(extent, node.integers(1, "sizes")[0], MOST_ELEMENTS);
    } else {
      sizes = node.integers(1, "sizes");
    }
    List<Operand> parts = SliceNodes.split(operand, axis, sizes, graph);
    if (node.has(1) || keeps) {
      return of(parts);
    }
    return of(
        parts.stream().map(part -> ShapeNodes.squeeze(part, new long[] {axis}, graph)).toList());
  }

  static Operand concatenate(OnnxNode node, GraphTranslation graph) {
    List<Operand> elements = elements(node, 0);
    long axis = node.integer("axis", 0);
    if (elements.isEmpty()) {
      throw new IllegalArgumentException("concatenates an empty sequence");
    }
    if (!node.flag("new_axis", false)) {
      return ShapeNodes.concat(elements, axis, graph);
    }
    return ShapeNodes.concat(
        elements.stream()
            .map(element -> ShapeNodes.unsqueeze(element, new long[] {axis}, graph))
            .toList(),
        axis,
        graph);
  }
}
