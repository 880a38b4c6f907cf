package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
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
  private Map<List<Object>, StoredTensor> matrices;

  private TensorNames(ParameterRule rule, Map<String, StoredTensor> tensors) {
    this.rule = rule;
    this.tensors = tensors;
  }

  /**
   * @param tensors by their names in the file; those found out about are replaced
   */
  static void restore(GraphProto graph, ParameterRule rule, Map<String, StoredTensor> tensors) {
    TensorNames names = new TensorNames(rule, tensors);
    for (NodeProto node : graph.getNodeList()) {
      if (node.getOpType().equals("InstanceNormalization")) {
        names.normalised.add(module(node));
      }
    }
    for (NodeProto node : graph.getNodeList()) {
      node.getInputList().stream().distinct().forEach(input -> names.restore(node, input));
    }
  }

  private void restore(NodeProto node, String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null || restored.contains(name) || !rule.isMadeByExporter(name)) {
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
    } else if (node.getOpType().equals("MatMul") && node.getInput(1).equals(name)) {
      rename(name, parameter(node, "weight"), tensor::asTransposeOf);
    }
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
