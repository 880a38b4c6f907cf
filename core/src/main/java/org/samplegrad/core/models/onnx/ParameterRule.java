package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which tensors of a file are parameters. A file does not say what is trained, so this is decided
 * by what its exporter wrote beside it, by names, and by use:
 *
 * <ul>
 *   <li>PyTorch's newer exporter (dynamo) lists the parameters and buffers of the module. A buffer
 *       is a constant; a parameter is one.
 *   <li>A tensor that neither list names was made by the exporter from others, and so was one whose
 *       name no module gives ({@code onnx::MatMul_12}, {@code val_3}). As the weight of a
 *       convolution, a product or a normalisation it is a parameter under the name in the file: a
 *       weight that the exporter transposed or merged is still trained; unless it holds one number
 *       throughout, as the scale of a normalisation that has none. Elsewhere it is a constant if
 *       the lists exist or if it is a single number, and a parameter otherwise.
 *   <li>Running statistics of batch norms are buffers, whatever lists there are.
 *   <li>Any other tensor has the name that its module gave it, and is a parameter. The older
 *       exporter (TorchScript) gives buffers such names too; nothing in the file tells them apart.
 * </ul>
 */
final class ParameterRule {
  private static final String SIGNATURE = "pkg.torch.export.ExportedProgram.graph_signature";
  private static final String KIND = "pkg.torch.export.graph_signature.InputSpec.kind";
  private static final String OPERATION = "pkg.torch.onnx.fx_node";
  private static final String SCOPES = "pkg.torch.onnx.name_scopes";

  /** The last but one of {@code ['', 'block', 'block.0', 'linear_1']}. */
  private static final Pattern MODULE = Pattern.compile("'([^']*)', '[^']*'\\]$");

  private static final Pattern REFERENCE = Pattern.compile("%(\\w+)");
  private static final Pattern LISTED = Pattern.compile("(\\w+): (\\w+) target='([^']*)'");
  private static final Pattern MADE_BY_EXPORTER =
      Pattern.compile(
          "(onnx::.*|/.*|_?val_\\d+|scalar_tensor_default.*|_?tensor_constant\\d+|\\d+)");
  private static final Set<String> STATISTICS =
      Set.of("running_mean", "running_var", "num_batches_tracked");
  private static final String PARAMETER = "PARAMETER";

  /** The kind of each tensor that the exporter lists. */
  private final Map<String, String> listed = new HashMap<>();

  /** The parameters by the names that the exporter's own graph has for them. */
  private final Map<String, String> placeholders = new HashMap<>();

  /** Where a parameter comes in the module. */
  private final Map<String, Integer> positions = new HashMap<>();

  ParameterRule(GraphProto graph) {
    for (StringStringEntryProto entry : graph.getMetadataPropsList()) {
      if (entry.getKey().equals(SIGNATURE)) {
        for (String line : entry.getValue().split("\n")) {
          Matcher matcher = LISTED.matcher(line);
          if (matcher.lookingAt()) {
            listed.put(matcher.group(3), matcher.group(2));
            if (matcher.group(2).equals(PARAMETER)) {
              placeholders.put(matcher.group(1), matcher.group(3));
              positions.putIfAbsent(matcher.group(3), positions.size());
            }
          }
        }
      }
    }
    for (ValueInfoProto value : graph.getValueInfoList()) {
      for (StringStringEntryProto entry : value.getMetadataPropsList()) {
        if (entry.getKey().equals(KIND)) {
          listed.put(value.getName(), entry.getValue());
        }
      }
    }
  }

  /** Whether a tensor is trained that is the weight or bias of an operator. */
  boolean isParameterAsWeight(StoredTensor tensor) {
    String name = tensor.parameter();
    boolean filled =
        isMadeByExporter(name)
            && tensor.shape().size() > 1
            && tensor.source().isOneNumberThroughout();
    return !isBuffer(name) && !filled;
  }

  /** Whether a tensor is trained that takes part in arithmetic. */
  boolean isParameterAsOperand(StoredTensor tensor) {
    String name = tensor.parameter();
    if (isBuffer(name)) {
      return false;
    }
    if (!listed.isEmpty()) {
      return PARAMETER.equals(listed.get(name));
    }
    return !isMadeByExporter(name) || tensor.shape().size() != 1;
  }

  private boolean isBuffer(String name) {
    String kind = listed.get(name);
    if (kind != null) {
      return !kind.equals(PARAMETER);
    }
    return STATISTICS.contains(name.substring(name.lastIndexOf('.') + 1));
  }

  /** Whether both are listed parameters, and the first comes before the second in the module. */
  boolean comesBefore(String first, String second) {
    Integer position = positions.get(first);
    return position != null && position < positions.getOrDefault(second, 0);
  }

  /** The module that a node belongs to, as the exporter quotes it; empty if it does not. */
  String moduleOf(NodeProto node) {
    for (StringStringEntryProto entry : node.getMetadataPropsList()) {
      if (entry.getKey().equals(SCOPES)) {
        Matcher matcher = MODULE.matcher(entry.getValue());
        return matcher.find() ? matcher.group(1) : "";
      }
    }
    return "";
  }

  /** Whether a name is none that a module gave to a parameter or buffer. */
  boolean isMadeByExporter(String name) {
    return listed.isEmpty() ? MADE_BY_EXPORTER.matcher(name).matches() : !listed.containsKey(name);
  }

  /**
   * The values of a tensor that is a constant. A single number that was no tensor in the module was
   * rounded when it was written, and is restored.
   */
  StaticTensor constant(StoredTensor tensor) {
    TensorSource source = tensor.source();
    double[] values = (tensor.transposed() ? source.transpose() : source).reals();
    if (values.length == 1 && source.isFloat32() && isMadeByExporter(source.name())) {
      values[0] = RoundedNumber.restore((float) values[0]);
    }
    return StaticTensor.ofReals(tensor.shape(), values);
  }

  /**
   * The parameters that an operation of the exporter's own graph took, in its order. A node that
   * became of it quotes it: {@code %linear : ... =
   * call_function[target=...aten.linear.default](args = (%add, %p_enter_weight, %p_enter_bias),
   * kwargs = {})}.
   */
  List<String> parametersOf(NodeProto node) {
    List<String> parameters = new ArrayList<>();
    for (StringStringEntryProto entry : node.getMetadataPropsList()) {
      if (entry.getKey().equals(OPERATION)) {
        Matcher matcher = REFERENCE.matcher(entry.getValue());
        while (matcher.find()) {
          String parameter = placeholders.get(matcher.group(1));
          if (parameter != null) {
            parameters.add(parameter);
          }
        }
      }
    }
    return parameters;
  }

  /** The parameters that the exporter lists, but that none of the given names stands for. */
  List<String> missing(Set<String> parameters) {
    List<String> missing = new ArrayList<>();
    listed.forEach(
        (name, kind) -> {
          if (kind.equals(PARAMETER) && !parameters.contains(name)) {
            missing.add(name);
          }
        });
    missing.sort(null);
    return missing;
  }
}
