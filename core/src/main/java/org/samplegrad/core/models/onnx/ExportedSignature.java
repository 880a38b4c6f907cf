package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What PyTorch's newer exporter (dynamo) writes about the tensors of a module: the parameters and
 * buffers by name, which tensors of the file are still those, and what others were folded from.
 */
final class ExportedSignature {
  private static final String SIGNATURE = "pkg.torch.export.ExportedProgram.graph_signature";
  static final String KIND = "pkg.torch.export.graph_signature.InputSpec.kind";
  private static final String FOLDED = "pkg.onnxscript.optimizer.folded_from";
  private static final Pattern LISTED = Pattern.compile("(\\w+): (\\w+) target='([^']*)'");
  private static final Pattern REFERENCE = Pattern.compile("%(\\w+)");
  static final String PARAMETER = "PARAMETER";

  /** The kind of each tensor of the module by its name, in the module's order. */
  private final Map<String, String> kinds = new LinkedHashMap<>();

  /** The names of the module's tensors by those that the exporter's own graph has for them. */
  private final Map<String, String> placeholders = new HashMap<>();

  private final Set<String> kept = new HashSet<>();
  private final Map<String, List<String>> folded = new HashMap<>();

  ExportedSignature(GraphProto graph) {
    for (StringStringEntryProto entry : graph.getMetadataPropsList()) {
      if (entry.getKey().equals(SIGNATURE)) {
        for (String line : entry.getValue().split("\n")) {
          Matcher matcher = LISTED.matcher(line);
          if (matcher.lookingAt()) {
            kinds.put(matcher.group(3), matcher.group(2));
            placeholders.put(matcher.group(1), matcher.group(3));
          }
        }
      }
    }
    for (ValueInfoProto value : graph.getValueInfoList()) {
      for (StringStringEntryProto entry : value.getMetadataPropsList()) {
        if (entry.getKey().equals(KIND)) {
          kept.add(value.getName());
        } else if (entry.getKey().equals(FOLDED)) {
          folded.put(value.getName(), ExportedOperation.quoted(entry.getValue()));
        }
      }
    }
  }

  /** Whether the file says nothing of the kind. */
  boolean isEmpty() {
    return kinds.isEmpty();
  }

  boolean isListed(String name) {
    return kinds.containsKey(name);
  }

  boolean isParameter(String name) {
    return PARAMETER.equals(kinds.get(name));
  }

  /** The module's parameters in its order. */
  List<String> parameters() {
    return kinds.keySet().stream().filter(this::isParameter).toList();
  }

  /** The tensor of the module that an argument of an operation is, or null if it is none. */
  String named(String argument) {
    return argument.startsWith("%") ? placeholders.get(argument.substring(1)) : null;
  }

  /** The tensors of the module that an operation takes, in its order. */
  List<String> takenBy(ExportedOperation operation) {
    List<String> taken = new ArrayList<>();
    for (String argument : operation.arguments()) {
      Matcher matcher = REFERENCE.matcher(argument);
      while (matcher.find()) {
        String name = placeholders.get(matcher.group(1));
        if (name != null) {
          taken.add(name);
        }
      }
    }
    return taken;
  }

  /**
   * Whether a tensor with a name of the module has other values than there: what is said of it
   * elsewhere in the file is lost when the optimiser puts a new tensor in its place.
   */
  boolean isReplaced(String name) {
    return !kept.isEmpty() && isListed(name) && !kept.contains(name);
  }

  /** Whether the optimiser has evaluated nodes, and so may have merged tensors. */
  boolean hasFolded() {
    return !folded.isEmpty();
  }

  /** The names of all values that a tensor was computed from; empty if it was not computed. */
  List<String> foldedFrom(String name) {
    return folded.getOrDefault(name, List.of());
  }

  /** The parameters that a tensor was computed from. */
  List<String> parametersIn(String name) {
    return foldedFrom(name).stream().filter(this::isParameter).toList();
  }
}
