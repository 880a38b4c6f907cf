package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.samplegrad.core.backend.Shape;

/**
 * Gives parameters back the names and shapes that PyTorch's exporters took from them:
 *
 * <ul>
 *   <li>A matrix made by the exporter that is exactly the transpose of a parameter is that
 *       parameter, transposed: tied weights stay tied.
 *   <li>TorchScript transposes the weight of a linear layer on sequences into {@code
 *       onnx::MatMul_12} and names the product after the module, {@code /block/fc/MatMul}: the
 *       parameter is {@code block.fc.weight}.
 *   <li>It gives the scale and bias of a group normalisation, and the slopes of a PReLU, further
 *       axes of extent 1, and a name of that kind.
 *   <li>Both exporters store tensors of the same values once. TorchScript names the others by
 *       {@code Identity} nodes, dynamo quotes them. Those filled with one number, such as the
 *       scales of new normalisations, are parameters of their own; others are taken for tied
 *       weights, and have the name that comes first in the module.
 * </ul>
 *
 * Where a name cannot be found, a tensor keeps the one in the file.
 */
final class TensorNames {
  private final ParameterRule rule;
  private final Map<String, StoredTensor> tensors;
  private final Set<String> restored = new HashSet<>();
  private final Map<String, StoredTensor> byParameter = new HashMap<>();
  private final Set<String> normalised = new HashSet<>();
  private final Map<NodeInput, StoredTensor> replaced = new HashMap<>();
  private Map<List<Object>, StoredTensor> matrices;

  /** An input of one node. */
  private record NodeInput(int node, String input) {}

  private TensorNames(ParameterRule rule, Map<String, StoredTensor> tensors) {
    this.rule = rule;
    this.tensors = tensors;
  }

  /**
   * @param tensors by their names in the file; those found out about are replaced
   */
  static TensorNames restore(
      GraphProto graph, ParameterRule rule, Map<String, StoredTensor> tensors) {
    TensorNames names = new TensorNames(rule, tensors);
    for (NodeProto node : graph.getNodeList()) {
      if (node.getOpType().equals("InstanceNormalization")) {
        names.normalised.add(module(node));
      }
    }
    for (int i = 0; i < graph.getNodeCount(); i++) {
      names.separate(i, graph.getNode(i));
      for (String input : new LinkedHashSet<>(graph.getNode(i).getInputList())) {
        names.restore(i, graph.getNode(i), input);
      }
    }
    return names;
  }

  /** What stands for a tensor as the input of one node; null if what stands for it elsewhere. */
  StoredTensor replacement(int node, String input) {
    return replaced.get(new NodeInput(node, input));
  }

  /** Finds the parameters that a node quotes, but that the file stores under another's name. */
  private void separate(int index, NodeProto node) {
    List<String> quoted = rule.parametersOf(node);
    for (String input : new LinkedHashSet<>(node.getInputList())) {
      StoredTensor tensor = tensors.get(input);
      if (tensor == null || rule.isMadeByExporter(input)) {
        continue;
      }
      List<String> missing =
          quoted.stream()
              .filter(p -> !tensors.containsKey(p) && own(p).equals(own(input)))
              .toList();
      if (!quoted.contains(input) && missing.size() == 1) {
        replaced.put(new NodeInput(index, input), tensor.named(missing.get(0)));
      }
      String first = rule.moduleOf(node) + "." + own(input);
      if (quoted.contains(input)
          && !tensors.containsKey(first)
          && rule.comesBefore(first, tensor.parameter())) {
        tensors.put(input, tensor.named(first));
      }
    }
  }

  /** A parameter's name in its module: {@code weight}. */
  private static String own(String parameter) {
    return parameter.substring(parameter.lastIndexOf('.') + 1);
  }

  private void restore(int index, NodeProto node, String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null || !rule.isMadeByExporter(name)) {
      return;
    }
    if (restored.contains(name)) {
      String parameter = parameter(node, own(tensor.parameter()));
      if (parameter != null
          && !parameter.equals(tensor.parameter())
          && tensor.source().isOneNumberThroughout()) {
        replaced.put(new NodeInput(index, name), tensor.named(parameter));
      }
      return;
    }
    Shape channels = Shape.of(tensor.shape().size());
    switch (node.getOpType()) {
      case "MatMul", "Gemm" -> restoreMatrix(node, name, tensor);
      case "PRelu" -> rename(name, parameter(node, "weight"), p -> tensor.asReshapeOf(p, channels));
      case "Mul" -> restoreChannels(node, name, tensor, "weight");
      case "Add" -> restoreChannels(node, name, tensor, "bias");
      default -> {}
    }
  }

  private void restoreMatrix(NodeProto node, String name, StoredTensor tensor) {
    if (tensor.shape().rank() != 2) {
      return;
    }
    TensorSource transpose = tensor.source().transpose();
    StoredTensor original = matrices().get(key(transpose));
    if (original != null && haveSameValues(original.source(), transpose)) {
      put(name, original.transpose());
    } else if (node.getOpType().equals("MatMul") && isSecondInput(node, name)) {
      rename(name, parameter(node, "weight"), tensor::asTransposeOf);
    }
  }

  /** A file may hold a node without inputs; what a node must have is checked when it is read. */
  private static boolean isSecondInput(NodeProto node, String name) {
    return node.getInputCount() > 1 && node.getInput(1).equals(name);
  }

  private void restoreChannels(NodeProto node, String name, StoredTensor tensor, String own) {
    Shape channels = Shape.of(tensor.shape().size());
    if (isChannels(tensor.shape()) && normalised.contains(module(node))) {
      rename(name, parameter(node, own), parameter -> tensor.asReshapeOf(parameter, channels));
    }
  }

  /**
   * The name of a parameter that the file lacks and a node stands for: by what the exporter quotes
   * from its own graph, or else by the node's own name. Null if neither tells.
   */
  private String parameter(NodeProto node, String own) {
    List<String> quoted =
        rule.parametersOf(node).stream()
            .filter(parameter -> !tensors.containsKey(parameter) && parameter.endsWith(own))
            .toList();
    if (!quoted.isEmpty()) {
      return quoted.get(0);
    }
    String module = module(node);
    return module.isEmpty() ? null : module + "." + own;
  }

  /** {@code [c, 1, ...]}. */
  private static boolean isChannels(Shape shape) {
    return shape.rank() > 0 && shape.extent(0) == shape.size();
  }

  private void put(String name, StoredTensor tensor) {
    restored.add(name);
    byParameter.putIfAbsent(tensor.parameter(), tensor);
    tensors.put(name, tensor);
  }

  /** A name that is taken is shared if the values are the same: the module is used twice. */
  private void rename(String name, String parameter, Function<String, StoredTensor> renamed) {
    if (parameter == null) {
      return;
    }
    StoredTensor tensor = renamed.apply(parameter);
    StoredTensor known = tensors.getOrDefault(parameter, byParameter.get(parameter));
    if (known == null || haveSameValues(known.source(), tensor.source())) {
      put(name, tensor);
    }
  }

  private static boolean haveSameValues(TensorSource a, TensorSource b) {
    return a.shape().equals(b.shape()) && Arrays.equals(a.reals(), b.reals());
  }

  /** The matrices that have their names, by their shapes and a hash of their values. */
  private Map<List<Object>, StoredTensor> matrices() {
    if (matrices == null) {
      matrices = new HashMap<>();
      for (StoredTensor tensor : tensors.values()) {
        if (tensor.shape().rank() == 2 && !rule.isMadeByExporter(tensor.source().name())) {
          matrices.putIfAbsent(key(tensor.source()), tensor);
        }
      }
    }
    return matrices;
  }

  private static List<Object> key(TensorSource source) {
    return List.of(source.shape(), Arrays.hashCode(source.reals()));
  }

  /** The module that a node belongs to, by the path that TorchScript gives it as a name. */
  private static String module(NodeProto node) {
    String[] path = node.getName().split("/");
    if (!node.getName().startsWith("/") || path.length < 3) {
      return "";
    }
    List<String> parts = new ArrayList<>();
    for (String part : Arrays.copyOfRange(path, 1, path.length - 1)) {
      int last = parts.size() - 1;
      if (last >= 0 && part.startsWith(parts.get(last) + ".")) {
        parts.set(last, part);
      } else {
        parts.add(part);
      }
    }
    return String.join(".", parts);
  }
}
