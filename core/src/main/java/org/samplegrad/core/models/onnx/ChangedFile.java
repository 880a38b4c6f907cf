package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;

/**
 * Whether a file by PyTorch is no longer what its exporter wrote. Optimisers of ONNX files merge
 * batch norms into layers and evaluate what has no input, and leave the names as they are; others
 * drop what the newer exporter (dynamo) says of its tensors.
 */
final class ChangedFile {
  private static final String ONNX_RUNTIME = "com.microsoft";
  private static final String ONNX_SCRIPT = "pkg.onnxscript.";
  private static final String DYNAMO = "pkg.torch.";
  private static final String DYNAMO_NODE = "node_";

  private ChangedFile() {}

  /**
   * @param file one without the list of parameters that dynamo writes
   */
  static boolean isChanged(ModelProto file) {
    boolean byTorch = file.getProducerName().equals("pytorch");
    boolean changed =
        file.getOpsetImportList().stream().anyMatch(set -> set.getDomain().equals(ONNX_RUNTIME));
    for (NodeProto node : file.getGraph().getNodeList()) {
      boolean byDynamo = node.getName().startsWith(DYNAMO_NODE) || says(node, DYNAMO);
      byTorch |= byDynamo || node.getName().startsWith("/");
      changed |= byDynamo || says(node, ONNX_SCRIPT) || !isNamedByTorchScript(node);
    }
    return byTorch && changed;
  }

  private static boolean says(NodeProto node, String about) {
    return node.getMetadataPropsList().stream().anyMatch(p -> p.getKey().startsWith(about));
  }

  /** By the path of a module; before it had these, TorchScript numbered the nodes of the file. */
  private static boolean isNamedByTorchScript(NodeProto node) {
    String name = node.getName();
    int length = node.getOpType().length();
    return name.startsWith("/")
        || name.startsWith(node.getOpType()) && name.substring(length).matches("(_\\d{1,9})?");
  }
}
