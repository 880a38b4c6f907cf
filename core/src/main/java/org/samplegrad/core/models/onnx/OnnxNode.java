package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * One node of the file with its operands. Attributes that nobody asked for are errors: what they
 * ask for would not be done.
 */
final class OnnxNode {
  private static final int MOST_INTEGERS = 64;

  private final NodeProto node;
  private final int opset;
  private final List<Operand> operands;
  private final ParameterRule rule;
  private final Function<GraphProto, Operand[]> branches;
  private final Map<String, AttributeProto> attributes = new HashMap<>();
  private final Set<String> read = new HashSet<>();

  /**
   * @param operands null where the node leaves one out
   * @param branches gives the results of a graph inside the node
   */
  OnnxNode(
      NodeProto node,
      int opset,
      List<Operand> operands,
      ParameterRule rule,
      Function<GraphProto, Operand[]> branches) {
    this.node = node;
    this.opset = opset;
    this.operands = operands;
    this.rule = rule;
    this.branches = branches;
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attributes.put(attribute.getName(), attribute) != null) {
        throw new IllegalArgumentException(
            "has two attributes '%s'".formatted(attribute.getName()));
      }
    }
  }

  String name() {
    return node.getName();
  }

  String type() {
    return node.getOpType();
  }

  /** The version of the operator set, which decides where some operators take their options. */
  int opset() {
    return opset;
  }

  int operandCount() {
    return operands.size();
  }

  /** The number of results that have a name, and so might be used. */
  int namedOutputs() {
    return (int) node.getOutputList().stream().filter(output -> !output.isEmpty()).count();
  }

  int outputCount() {
    return node.getOutputCount();
  }

  /** The name of the first result. */
  String output() {
    return node.getOutputCount() == 0 ? "" : node.getOutput(0);
  }

  boolean has(int operand) {
    return operand < operands.size() && operands.get(operand) != null;
  }

  Operand operand(int index) {
    if (!has(index)) {
      throw new IllegalArgumentException("lacks its input %d".formatted(index));
    }
    return operands.get(index);
  }

  /** An operand that must be known without a sample. */
  StaticTensor constant(int index, String what) {
    Operand operand = operand(index);
    if (operand instanceof StaticTensor constant) {
      return constant;
    }
    if (operand instanceof StoredTensor stored) {
      return rule.constant(stored);
    }
    throw new IllegalArgumentException(
        "its %s depends on the samples; it must be a constant".formatted(what));
  }

  /** A vector of integers, or a scalar as a vector of one. */
  long[] integers(int index, String what) {
    StaticTensor constant = constant(index, what);
    if (constant.shape().rank() > 1 || constant.shape().size() > MOST_INTEGERS) {
      throw new IllegalArgumentException(
          "its %s must be a vector of at most %d integers, found the shape %s"
              .formatted(what, MOST_INTEGERS, constant.shape()));
    }
    return constant.integers();
  }

  boolean hasAttribute(String attribute) {
    return attributes.containsKey(attribute);
  }

  private AttributeProto attribute(String attribute, AttributeProto.AttributeType type) {
    read.add(attribute);
    AttributeProto found = attributes.get(attribute);
    if (found != null && found.getType() != type) {
      throw new IllegalArgumentException(
          "its attribute '%s' should be %s, found %s".formatted(attribute, type, found.getType()));
    }
    return found;
  }

  long integer(String name, long fallback) {
    AttributeProto found = attribute(name, AttributeProto.AttributeType.INT);
    return found == null ? fallback : found.getI();
  }

  boolean flag(String name, boolean fallback) {
    return integer(name, fallback ? 1 : 0) != 0;
  }

  /** A number of float32 in the file, as it was before it was rounded. */
  double real(String name, double fallback) {
    AttributeProto found = attribute(name, AttributeProto.AttributeType.FLOAT);
    return found == null ? fallback : RoundedNumber.restore(found.getF());
  }

  String text(String name, String fallback) {
    AttributeProto found = attribute(name, AttributeProto.AttributeType.STRING);
    return found == null ? fallback : found.getS().toStringUtf8();
  }

  /** Null if the attribute is absent. */
  long[] integers(String name) {
    AttributeProto found = attribute(name, AttributeProto.AttributeType.INTS);
    if (found == null) {
      return null;
    }
    if (found.getIntsCount() > MOST_INTEGERS) {
      throw new IllegalArgumentException(
          "its attribute '%s' has %d numbers; at most %d are taken"
              .formatted(name, found.getIntsCount(), MOST_INTEGERS));
    }
    return found.getIntsList().stream().mapToLong(Long::longValue).toArray();
  }

  double[] reals(String name) {
    AttributeProto found = attribute(name, AttributeProto.AttributeType.FLOATS);
    return found == null
        ? null
        : found.getFloatsList().stream().mapToDouble(RoundedNumber::restore).toArray();
  }

  /** Null if the attribute is absent. */
  TensorProto tensor(String name) {
    AttributeProto found = attribute(name, AttributeProto.AttributeType.TENSOR);
    return found == null ? null : found.getT();
  }

  /** The results of a graph inside the node. */
  Operand[] branch(String name) {
    AttributeProto found = attribute(name, AttributeProto.AttributeType.GRAPH);
    if (found == null) {
      throw new IllegalArgumentException("lacks its attribute '%s'".formatted(name));
    }
    return branches.apply(found.getG());
  }

  /** Attributes that change nothing in what is computed here. */
  void ignore(String... names) {
    read.addAll(List.of(names));
  }

  /** An attribute or, from an operator set version on, an input; null if there is neither. */
  long[] attributeOrInput(String name, int operand, String what) {
    long[] ofAttribute = integers(name);
    if (ofAttribute != null) {
      return ofAttribute;
    }
    return has(operand) ? integers(operand, what) : null;
  }

  /**
   * @throws IllegalArgumentException if an attribute was not asked for
   */
  void requireAllRead() {
    List<String> unread = new ArrayList<>(attributes.keySet());
    unread.removeAll(read);
    if (!unread.isEmpty()) {
      throw new IllegalArgumentException(
          "its attribute '%s' is not supported".formatted(String.join("', '", unread)));
    }
  }

  /** Results that nobody computes must not be asked for. */
  void requireOneOutput(String otherwise) {
    if (namedOutputs() > 1) {
      throw new IllegalArgumentException("has %d results; %s".formatted(namedOutputs(), otherwise));
    }
  }

  /** Whether all operands are known without a sample, none of them a parameter. */
  boolean isKnown() {
    return operands.stream()
        .allMatch(
            operand ->
                operand == null
                    || operand instanceof StaticTensor
                    || operand instanceof StoredTensor stored
                        && !rule.isParameterAsOperand(stored));
  }

  /** An operand of a node whose operands are all known. */
  StaticTensor known(int index) {
    return constant(index, "input " + index);
  }

  /** Names the node in messages. */
  @Override
  public String toString() {
    Function<String, String> quoted = name -> name.isEmpty() ? "" : " '" + name + "'";
    return "node%s of type %s".formatted(quoted.apply(name()), type());
  }
}
