package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.util.HashMap;
import java.util.Map;

/**
 * Puts back the biases that PyTorch's newer exporter (dynamo) leaves out because they are zero. The
 * node still quotes the operation of the module, and with it the bias; its shape follows from the
 * weight's.
 */
final class ZeroBiases {
  private static final Map<String, String> OPERATIONS =
      Map.of(
          "conv1d", "Conv",
          "conv2d", "Conv",
          "conv3d", "Conv",
          "conv_transpose1d", "ConvTranspose",
          "conv_transpose2d", "ConvTranspose",
          "conv_transpose3d", "ConvTranspose",
          "linear", "Gemm");

  private ZeroBiases() {}

  /** The graph with these biases; the same if there are none. */
  static GraphProto restore(GraphProto graph) {
    ExportedSignature signature = new ExportedSignature(graph);
    if (signature.isEmpty()) {
      return graph;
    }
    Map<String, TensorProto> tensors = new HashMap<>();
    graph.getInitializerList().forEach(tensor -> tensors.put(tensor.getName(), tensor));
    GraphProto.Builder restored = null;
    for (int i = 0; i < graph.getNodeCount(); i++) {
      NodeProto node = graph.getNode(i);
      String bias = leftOut(node, signature);
      TensorProto weight = bias == null ? null : tensors.get(node.getInput(1));
      if (weight == null || outputs(node, weight) < 1) {
        continue;
      }
      restored = restored == null ? graph.toBuilder() : restored;
      restored.setNode(i, node.toBuilder().addInput(bias));
      if (!tensors.containsKey(bias)) {
        TensorProto zeros = zeros(bias, weight, outputs(node, weight));
        tensors.put(bias, zeros);
        restored.addInitializer(zeros);
        restored.addValueInfo(
            ValueInfoProto.newBuilder()
                .setName(bias)
                .addMetadataProps(
                    StringStringEntryProto.newBuilder()
                        .setKey(ExportedSignature.KIND)
                        .setValue(ExportedSignature.PARAMETER)));
      }
    }
    return restored == null ? graph : restored.build();
  }

  /** The parameter that was the bias of a node, or null if none was left out. */
  private static String leftOut(NodeProto node, ExportedSignature signature) {
    ExportedOperation operation = node.getInputCount() == 2 ? ExportedOperation.of(node) : null;
    if (operation == null
        || !operation.isWithoutZeroBias()
        || operation.isMergedWithBatchNorm()
        || !node.getOpType().equals(OPERATIONS.get(operation.target()))) {
      return null;
    }
    String bias = signature.named(operation.argument(2));
    return bias != null && signature.isParameter(bias) ? bias : null;
  }

  private static long outputs(NodeProto node, TensorProto weight) {
    if (weight.getDimsCount() < 2) {
      return 0;
    }
    return switch (node.getOpType()) {
      case "ConvTranspose" -> weight.getDims(1) * integer(node, "group", 1);
      case "Gemm" -> weight.getDims(integer(node, "transB", 0) == 0 ? 1 : 0);
      default -> weight.getDims(0);
    };
  }

  private static long integer(NodeProto node, String name, long none) {
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals(name)) {
        return attribute.getI();
      }
    }
    return none;
  }

  /** In the weight's type, and no larger than the weight. */
  private static TensorProto zeros(String name, TensorProto weight, long count) {
    long weights = weight.getDimsList().stream().reduce(1L, Math::multiplyExact);
    if (count > weights || weights > Integer.MAX_VALUE / Double.BYTES) {
      throw new IllegalArgumentException(
          "tensor '%s': a bias of %d numbers does not fit the weight".formatted(name, count));
    }
    int bytes = ElementType.of(weight.getDataType()).bytes();
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(weight.getDataType())
        .addDims(count)
        .setRawData(ByteString.copyFrom(new byte[Math.multiplyExact((int) count, bytes)]))
        .build();
  }
}
