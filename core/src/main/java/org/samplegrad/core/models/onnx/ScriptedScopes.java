package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The calls of modules in a file by TorchScript, which names nodes by them: {@code
 * /layer1/layer1.0/conv1/Conv}. A module that is called again has the number of the call behind its
 * name, {@code /fc_1/Gemm}; lists and dictionaries of modules, which are never called, are left
 * out.
 */
final class ScriptedScopes {
  private static final Pattern CALL = Pattern.compile("_\\d+$");

  private final Map<String, List<NodeProto>> nodes = new HashMap<>();
  private final Set<String> parents = new HashSet<>();

  ScriptedScopes(GraphProto graph) {
    for (NodeProto node : graph.getNodeList()) {
      String scope = of(node);
      if (scope != null) {
        nodes.computeIfAbsent(scope, s -> new ArrayList<>()).add(node);
        for (int end = scope.lastIndexOf('/'); end >= 0; end = scope.lastIndexOf('/', end - 1)) {
          parents.add(scope.substring(0, end));
        }
      }
    }
  }

  /** Whether the nodes of the file are named by calls at all. */
  boolean isEmpty() {
    return nodes.isEmpty();
  }

  /** The call that a node belongs to; empty for the outermost module, null if its name has none. */
  static String of(NodeProto node) {
    String name = node.getName();
    return name.startsWith("/") ? name.substring(0, name.lastIndexOf('/')) : null;
  }

  /**
   * The layer that a call is; null if it is none of PyTorch's, or calls others. What the outermost
   * module does itself is none: nothing tells of what class it is.
   */
  ScriptedLayer layer(String scope) {
    return scope == null || scope.isEmpty() || parents.contains(scope) || !nodes.containsKey(scope)
        ? null
        : ScriptedLayer.of(nodes.get(scope));
  }

  List<NodeProto> nodes(String scope) {
    return nodes.getOrDefault(scope, List.of());
  }

  /** Whether a call is one of the module of a name, as far as its path tells. */
  static boolean isOf(String scope, String module) {
    String last = scope.substring(scope.lastIndexOf('/') + 1);
    return isAtEnd(module, last) || isAtEnd(module, CALL.matcher(last).replaceFirst(""));
  }

  private static boolean isAtEnd(String module, String last) {
    return module.equals(last) || !last.isEmpty() && module.endsWith("." + last);
  }

  /** The name of a module by the path of a call, in which lists of modules may be left out. */
  static String module(String scope) {
    List<String> parts = new ArrayList<>();
    for (String part : scope.substring(1).split("/")) {
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
