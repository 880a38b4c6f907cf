package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What PyTorch's newer exporter (dynamo) writes beside a node about the operation of its own graph
 * that the node became of: {@code %linear : [num_users=1] =
 * call_function[target=torch.ops.aten.linear.default](args = (%x, %p_fc_weight, %p_fc_bias), kwargs
 * = {})}, in the module {@code fc}.
 *
 * @param target the operation, {@code linear}
 * @param arguments as they are written, {@code %x}, {@code None}, {@code 1e-05}
 * @param module the name of the module whose operation it is; empty for the outermost
 * @param type the class of that module
 * @param isMergedWithBatchNorm whether the optimiser has merged a batch norm into the node
 * @param isWithoutZeroBias whether the optimiser has left out a bias, which it does if it is zero
 */
record ExportedOperation(
    String target,
    List<String> arguments,
    String module,
    String type,
    boolean isMergedWithBatchNorm,
    boolean isWithoutZeroBias) {
  private static final String OPERATION = "pkg.torch.onnx.fx_node";
  private static final String SCOPES = "pkg.torch.onnx.name_scopes";
  private static final String CLASSES = "pkg.torch.onnx.class_hierarchy";
  private static final String RULES = "pkg.onnxscript.rewriter.rule_name";

  private static final Pattern TARGET =
      Pattern.compile("target=(?:torch\\.ops\\.)?(\\w+)\\.(\\w+)");
  private static final String ARGUMENTS = "(args = (";
  private static final Pattern QUOTED = Pattern.compile("'([^']*)'");

  /** The operation that a node became of, or null if nothing is written beside it. */
  static ExportedOperation of(NodeProto node) {
    String operation = text(node, OPERATION);
    Matcher target = TARGET.matcher(operation);
    int arguments = operation.indexOf(ARGUMENTS);
    if (!target.find() || arguments < 0) {
      return null;
    }
    boolean batchNorm =
        text(node, RULES).contains("FuseBatchNorm")
            || target.group(2).contains("batch_norm")
                && !node.getOpType().equals("BatchNormalization");
    return new ExportedOperation(
        target.group(2),
        split(operation, arguments + ARGUMENTS.length()),
        lastButOne(quoted(text(node, SCOPES))),
        lastButOne(quoted(text(node, CLASSES))),
        batchNorm,
        text(node, RULES).contains("RemoveOptionalBias"));
  }

  private static String text(NodeProto node, String key) {
    for (StringStringEntryProto entry : node.getMetadataPropsList()) {
      if (entry.getKey().equals(key)) {
        return entry.getValue();
      }
    }
    return "";
  }

  /** The strings of a list as Python writes it. */
  static List<String> quoted(String list) {
    List<String> strings = new ArrayList<>();
    Matcher matcher = QUOTED.matcher(list);
    while (matcher.find()) {
      strings.add(matcher.group(1));
    }
    return strings;
  }

  /** The last is the operation itself. */
  private static String lastButOne(List<String> names) {
    return names.size() < 2 ? "" : names.get(names.size() - 2);
  }

  /** The arguments of a call up to its closing parenthesis; lists stay in one. */
  private static List<String> split(String text, int start) {
    List<String> arguments = new ArrayList<>();
    StringBuilder argument = new StringBuilder();
    int depth = 0;
    for (int i = start; i < text.length() && depth >= 0; i++) {
      char c = text.charAt(i);
      depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
      if (depth < 0 || depth == 0 && c == ',') {
        arguments.add(argument.toString().strip());
        argument.setLength(0);
      } else {
        argument.append(c);
      }
    }
    return arguments;
  }

  /** An argument as it is written, {@code None} if it is left out. */
  String argument(int index) {
    return index < arguments.size() ? arguments.get(index) : "None";
  }

  /**
   * The argument that an input of the node stands for, by what the exporter makes of the operation;
   * null where that is not known. {@code None} where the exporter puts constants of its own.
   */
  String argumentOf(NodeProto node, int input) {
    String type = node.getOpType();
    return switch (target) {
      case "linear" ->
          switch (type) {
            case "MatMul" -> input == 1 ? argument(1) : null;
            case "Gemm" -> input > 0 ? argument(input) : null;
            case "Add" -> argument(2);
            default -> null;
          };
      case "conv1d",
          "conv2d",
          "conv3d",
          "convolution",
          "conv_transpose1d",
          "conv_transpose2d",
          "conv_transpose3d" ->
          (type.equals("Conv") || type.equals("ConvTranspose")) && input > 0
              ? argument(input)
              : null;
      case "group_norm" ->
          switch (type) {
            case "Mul" -> argument(2);
            case "Add" -> argument(3);
            case "InstanceNormalization" -> "None";
            case "GroupNormalization" -> argument(input + 1);
            default -> null;
          };
      case "layer_norm", "native_layer_norm" ->
          type.equals("LayerNormalization") && input > 0 ? argument(input + 1) : null;
      case "instance_norm" ->
          type.equals("InstanceNormalization") && input > 0 ? argument(input) : null;
      case "rms_norm" -> type.equals("RMSNormalization") && input > 0 ? argument(input + 1) : null;
      case "_native_batch_norm_legit_no_training", "batch_norm" ->
          type.equals("BatchNormalization") && input > 0 ? argument(input) : null;
      case "prelu", "_prelu_kernel" -> type.equals("PRelu") && input == 1 ? argument(1) : null;
      case "embedding" -> type.equals("Gather") && input == 0 ? argument(0) : null;
      default -> null;
    };
  }
}
