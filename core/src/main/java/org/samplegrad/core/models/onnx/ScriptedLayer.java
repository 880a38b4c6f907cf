package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The layers of PyTorch that can be told by the nodes that TorchScript makes of them: one node that
 * every such layer has, and others that it may have beside it.
 */
enum ScriptedLayer {
  CONVOLUTION(
      Set.of("Conv", "ConvTranspose"),
      Set.of(
          "Pad",
          "Shape",
          "Gather",
          "Mul",
          "Sub",
          "Cast",
          "ConstantOfShape",
          "Concat",
          "Reshape",
          "Slice",
          "Transpose",
          "Unsqueeze")),
  LINEAR(Set.of("Gemm"), Set.of()),
  LINEAR_ON_SEQUENCES(Set.of("MatMul"), Set.of("Transpose", "Add")),
  BATCH_NORM(Set.of("BatchNormalization"), Set.of("Unsqueeze", "Squeeze", "Reshape")),
  LAYER_NORM(Set.of("LayerNormalization"), Set.of()),
  LAYER_NORM_IN_PARTS(
      Set.of("Sqrt"), Set.of("ReduceMean", "Sub", "Pow", "Add", "Div", "Mul", "Cast")),
  GROUP_NORM(
      Set.of("InstanceNormalization"),
      Set.of("Reshape", "Shape", "Mul", "Add", "Unsqueeze", "Squeeze", "Cast")),
  PARAMETRIC_RELU(Set.of("PRelu"), Set.of("Unsqueeze", "Reshape")),
  EMBEDDING(Set.of("Gather"), Set.of("Cast"));

  private static final String CONSTANT = "Constant";

  private final Set<String> core;
  private final Set<String> beside;

  ScriptedLayer(Set<String> core, Set<String> beside) {
    this.core = core;
    this.beside = beside;
  }

  /**
   * @param nodes of one call of one module
   * @return null if they are no layer of PyTorch, or more than one
   */
  static ScriptedLayer of(List<NodeProto> nodes) {
    return Arrays.stream(values()).filter(layer -> layer.fits(nodes)).findFirst().orElse(null);
  }

  private boolean fits(List<NodeProto> nodes) {
    int found = 0;
    for (NodeProto node : nodes) {
      String type = node.getOpType();
      if (core.contains(type)) {
        found++;
      } else if (!type.equals(CONSTANT) && !beside.contains(type)) {
        return false;
      }
    }
    return found == 1;
  }

  /** Whether an input of a node can be one of the layer's parameters. */
  boolean takesParameter(NodeProto node, int input) {
    return switch (this) {
      case CONVOLUTION, BATCH_NORM -> core.contains(node.getOpType()) && input > 0;
      default -> true;
    };
  }

  boolean isNorm() {
    return this == BATCH_NORM
        || this == LAYER_NORM
        || this == LAYER_NORM_IN_PARTS
        || this == GROUP_NORM;
  }

  /** Whether a layer without a bias may as well be a fixed filter or projection. */
  boolean isProduct() {
    return this == CONVOLUTION || this == LINEAR || this == LINEAR_ON_SEQUENCES;
  }
}
