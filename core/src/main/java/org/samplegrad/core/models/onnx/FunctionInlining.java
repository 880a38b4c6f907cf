package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Puts the nodes of a file's local functions in the place of the nodes that call them. The values
 * inside a function get the name of the call before their own, so that two calls do not meet.
 */
final class FunctionInlining {
  private static final int MOST_NODES = 100_000;
  private static final long MOST_CHARACTERS = 1 << 26;
  private static final int DEEPEST_CALL = 32;
  private static final Set<String> STANDARD = Set.of("", "ai.onnx");

  private final Map<Key, FunctionProto> functions = new HashMap<>();
  private final GraphProto.Builder result;
  private final long version;
  private long characters;

  /** What a node names a function by. */
  private record Key(String domain, String name, String overload) {}

  private FunctionInlining(ModelProto file, long version) {
    this.result = file.getGraph().toBuilder().clearNode();
    this.version = version;
    for (FunctionProto function : file.getFunctionsList()) {
      Key key = new Key(function.getDomain(), function.getName(), function.getOverload());
      if (functions.put(key, function) != null) {
        throw new IllegalArgumentException(
            "two of its functions are named '%s'".formatted(function.getName()));
      }
    }
  }

  /**
   * The same model without local functions.
   *
   * @param version of the operators of ONNX, the same for all functions
   * @throws IllegalArgumentException if functions call each other in a circle, or the file would
   *     become too large; the message names the function
   */
  static ModelProto of(ModelProto file, int version) {
    if (file.getFunctionsCount() == 0) {
      return file;
    }
    FunctionInlining inlining = new FunctionInlining(file, version);
    Call outermost = new Call("", Map.of(), Map.of(), 0);
    file.getGraph().getNodeList().forEach(node -> inlining.add(node, outermost));
    return file.toBuilder().setGraph(inlining.result).clearFunctions().build();
  }

  /**
   * Where a node stands.
   *
   * @param prefix of the names of values
   * @param values the names, outside, of the function's inputs and outputs
   * @param attributes of the calling node, by the names that the function's nodes refer to
   */
  private record Call(
      String prefix,
      Map<String, String> values,
      Map<String, AttributeProto> attributes,
      int depth) {
    String name(String inside) {
      return inside.isEmpty() ? inside : values.getOrDefault(inside, prefix + inside);
    }
  }

  private void add(NodeProto node, Call call) {
    NodeProto seen = call.depth() == 0 ? node : renamed(node, call);
    FunctionProto function =
        functions.get(new Key(node.getDomain(), node.getOpType(), node.getOverload()));
    if (function == null) {
      if (result.getNodeCount() == MOST_NODES) {
        throw new IllegalArgumentException(
            "its functions make more than %d nodes".formatted(MOST_NODES));
      }
      result.addNode(seen);
      return;
    }
    requireKnown(function, call);
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < function.getInputCount(); i++) {
      values.put(function.getInput(i), i < seen.getInputCount() ? seen.getInput(i) : "");
    }
    for (int i = 0; i < function.getOutputCount(); i++) {
      boolean named = i < seen.getOutputCount() && !seen.getOutput(i).isEmpty();
      if (named && !values.containsKey(function.getOutput(i))) {
        values.put(function.getOutput(i), seen.getOutput(i));
      }
    }
    Map<String, AttributeProto> attributes = new HashMap<>();
    function.getAttributeProtoList().forEach(given -> attributes.put(given.getName(), given));
    seen.getAttributeList().forEach(given -> attributes.put(given.getName(), given));
    String name = seen.getName().isEmpty() ? seen.getOpType() : seen.getName();
    String prefix = "%s@%d/".formatted(name, result.getNodeCount());
    Call inner = new Call(prefix, values, attributes, call.depth() + 1);
    function.getNodeList().forEach(part -> add(part, inner));
    for (int i = 0; i < Math.min(function.getOutputCount(), seen.getOutputCount()); i++) {
      int given = function.getInputList().indexOf(function.getOutput(i));
      if (given >= 0 && given < seen.getInputCount()) {
        NodeProto.Builder back = NodeProto.newBuilder().setOpType("Identity").setName(prefix + i);
        result.addNode(back.addInput(seen.getInput(given)).addOutput(seen.getOutput(i)));
      }
    }
  }

  private void requireKnown(FunctionProto function, Call call) {
    if (call.depth() >= DEEPEST_CALL) {
      throw new IllegalArgumentException(
          "its function '%s' is called by itself, or too deeply".formatted(function.getName()));
    }
    for (OperatorSetIdProto set : function.getOpsetImportList()) {
      if (STANDARD.contains(set.getDomain()) && set.getVersion() != version) {
        throw new IllegalArgumentException(
            "its function '%s' uses version %d of the ONNX operators, the file itself %d; export both in one version"
                .formatted(function.getName(), set.getVersion(), version));
      }
    }
  }

  private NodeProto renamed(NodeProto node, Call call) {
    NodeProto.Builder copy = node.toBuilder().clearInput().clearOutput().clearAttribute();
    node.getInputList().forEach(input -> copy.addInput(counted(call.name(input))));
    node.getOutputList().forEach(output -> copy.addOutput(counted(call.name(output))));
    copy.setName(counted(call.prefix() + node.getName()));
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getRefAttrName().isEmpty()) {
        copy.addAttribute(renamed(attribute, call));
        continue;
      }
      AttributeProto given = call.attributes().get(attribute.getRefAttrName());
      if (given != null) {
        copy.addAttribute(given.toBuilder().setName(attribute.getName()));
      }
    }
    return copy.build();
  }

  /** Branches see the values of the function around them. */
  private AttributeProto renamed(AttributeProto attribute, Call call) {
    if (!attribute.hasG() && attribute.getGraphsCount() == 0) {
      return attribute;
    }
    AttributeProto.Builder copy = attribute.toBuilder().clearGraphs();
    if (attribute.hasG()) {
      copy.setG(renamed(attribute.getG(), call));
    }
    attribute.getGraphsList().forEach(graph -> copy.addGraphs(renamed(graph, call)));
    return copy.build();
  }

  private GraphProto renamed(GraphProto graph, Call call) {
    GraphProto.Builder copy = graph.toBuilder().clearNode();
    List<NodeProto> nodes = new ArrayList<>();
    graph.getNodeList().forEach(node -> nodes.add(renamed(node, call)));
    copy.addAllNode(nodes);
    for (int i = 0; i < graph.getOutputCount(); i++) {
      copy.getOutputBuilder(i).setName(counted(call.name(graph.getOutput(i).getName())));
    }
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      String name = graph.getInitializer(i).getName();
      copy.getInitializerBuilder(i).setName(counted(call.name(name)));
    }
    return copy.build();
  }

  private String counted(String name) {
    characters += name.length();
    if (characters > MOST_CHARACTERS) {
      throw new IllegalArgumentException("its functions make a file that is too large");
    }
    return name;
  }
}
