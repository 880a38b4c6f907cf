package org.samplegrad.core.models.onnx;

/** What translations ask about tensors of the file, as {@link TensorIdentities} has decided it. */
final class ParameterRule {
  private final ExportedSignature signature;

  ParameterRule(ExportedSignature signature) {
    this.signature = signature;
  }

  private boolean isMadeByExporter(String name) {
    return signature.isEmpty() ? ScriptedTensors.isMadeByExporter(name) : !signature.isListed(name);
  }

  /** Whether a tensor is trained that is the weight or bias of an operator. */
  boolean isParameterAsWeight(StoredTensor tensor) {
    return tensor.trained();
  }

  /** Whether a tensor is trained that takes part in arithmetic. */
  boolean isParameterAsOperand(StoredTensor tensor) {
    return tensor.trained();
  }

  /**
   * The values of a tensor that is a constant. A single number that was no tensor in the module was
   * rounded when it was written, and is restored.
   *
   * @throws IllegalArgumentException if it is a parameter, which would be left out
   */
  StaticTensor constant(StoredTensor tensor) {
    if (tensor.trained()) {
      throw new IllegalArgumentException(
          "takes the parameter '%s' where only a constant is supported"
              .formatted(tensor.parameter()));
    }
    TensorSource source = tensor.source();
    double[] values = (tensor.transposed() ? source.transpose() : source).reals();
    if (values.length == 1 && source.isFloat32() && isMadeByExporter(source.name())) {
      values[0] = RoundedNumber.restore((float) values[0]);
    }
    return StaticTensor.ofReals(tensor.shape(), values);
  }
}
