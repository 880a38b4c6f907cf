package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Graphs inside nodes: the branches of an If. They may use whatever is computed before the node.
 */
final class Subgraphs {
  private Subgraphs() {}

  private static Stream<GraphProto> of(NodeProto node) {
    Stream<AttributeProto> attributes = node.getAttributeList().stream();
    return attributes.flatMap(
        attribute ->
            Stream.concat(
                attribute.hasG() ? Stream.of(attribute.getG()) : Stream.empty(),
                attribute.getGraphsList().stream()));
  }

  /** What a node takes, or may take inside. */
  static List<String> inputs(NodeProto node) {
    List<String> inputs = new ArrayList<>(node.getInputList());
    of(node)
        .forEach(
            graph -> {
              graph.getNodeList().forEach(inner -> inputs.addAll(inputs(inner)));
              graph.getOutputList().forEach(output -> inputs.add(output.getName()));
            });
    return inputs;
  }

  /** A node and those inside it. */
  static Stream<NodeProto> withInner(NodeProto node) {
    Stream<NodeProto> inner =
        of(node).flatMap(graph -> graph.getNodeList().stream()).flatMap(Subgraphs::withInner);
    return Stream.concat(Stream.of(node), inner);
  }

  /** The results of the branch that a condition known without a sample chooses. */
  static Operand[] choose(OnnxNode node, GraphTranslation graph) {
    double condition = node.constant(0, "condition").number("condition");
    Operand[] results = node.branch(condition != 0 ? "then_branch" : "else_branch");
    node.ignore("then_branch", "else_branch");
    return results;
  }
}
