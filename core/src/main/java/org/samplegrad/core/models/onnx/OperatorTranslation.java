package org.samplegrad.core.models.onnx;

/** How one operator becomes a part of a graph. */
@FunctionalInterface
interface OperatorTranslation {
  /**
   * @return the node's results, in the file's order
   * @throws IllegalArgumentException if the node asks for what is not supported; the message says
   *     what, and is put behind the node's name
   */
  Operand[] translate(OnnxNode node, GraphTranslation graph);

  /** An operator with one result. */
  @FunctionalInterface
  interface OfOne {
    Operand translate(OnnxNode node, GraphTranslation graph);
  }

  static OperatorTranslation one(OfOne translation) {
    return (node, graph) -> {
      node.requireOneOutput("only the first is supported");
      return new Operand[] {translation.translate(node, graph)};
    };
  }

  /** For operators that are only evaluated. */
  static Operand[] refuse(OnnxNode node, GraphTranslation graph) {
    throw new IllegalArgumentException(
        "depends on the samples or on parameters; %s is supported for what is known without them"
            .formatted(node.type()));
  }
}
