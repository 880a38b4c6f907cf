package org.samplegrad.core.models.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What translations ask about tensors of the file, as {@link TensorIdentities} has decided it. */
final class ParameterRule {
  private static final double FEW_DIGITS = 1 << 12;

  private final Set<String> rounded = new TreeSet<>();
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
    if (values.length > 1 && source.isFloat32() && isMadeByExporter(source.name())) {
      if (Arrays.stream(values).anyMatch(ParameterRule::mayBeRounded)) {
        rounded.add(source.name());
      }
    }
    return StaticTensor.ofReals(tensor.shape(), values);
  }

  /** Whether a number is none of few digits, such as a power of two or an infinity of a mask. */
  private static boolean mayBeRounded(double number) {
    return Double.isFinite(number) && number * FEW_DIGITS != Math.rint(number * FEW_DIGITS);
  }

  /**
   * What to say about constants that the exporter computed and rounded; empty if there are none.
   */
  List<String> notes() {
    return rounded.isEmpty()
        ? List.of()
        : List.of(
            "The constants %s were computed by the exporter and rounded to float32; in the module they may have more digits, so that results agree with its own in float64 to seven digits only. Export with optimize=False to have them computed here"
                .formatted(String.join(", ", rounded)));
  }
}
