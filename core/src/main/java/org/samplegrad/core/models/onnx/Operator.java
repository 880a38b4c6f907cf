package org.samplegrad.core.models.onnx;

import static org.samplegrad.core.models.onnx.ArithmeticNodes.activation;
import static org.samplegrad.core.models.onnx.ArithmeticNodes.binary;
import static org.samplegrad.core.models.onnx.ArithmeticNodes.bounded;
import static org.samplegrad.core.models.onnx.ArithmeticNodes.many;
import static org.samplegrad.core.models.onnx.ArithmeticNodes.unary;
import static org.samplegrad.core.models.onnx.OperatorTranslation.one;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.samplegrad.core.layers.Activation;
import org.samplegrad.core.layers.Arithmetic;
import org.samplegrad.core.layers.AxisReduction;
import org.samplegrad.core.layers.Celu;
import org.samplegrad.core.layers.Elu;
import org.samplegrad.core.layers.LeakyRelu;
import org.samplegrad.core.layers.LogSoftmax;
import org.samplegrad.core.layers.Softmax;

/**
 * The catalogue of the operators that a model may use, by their names in ONNX. A new operator is
 * one entry here, and its golden case.
 */
enum Operator {
  // functions of each number
  ADD("Add", binary(Arithmetic.ADD, Math::addExact, Double::sum)),
  SUB("Sub", binary(Arithmetic.SUBTRACT, Math::subtractExact, (a, b) -> a - b)),
  MUL("Mul", binary(Arithmetic.MULTIPLY, Math::multiplyExact, (a, b) -> a * b)),
  DIV("Div", binary(Arithmetic.DIVIDE, (a, b) -> a / b, (a, b) -> a / b)),
  SUM("Sum", many(Arithmetic.ADD)),
  POW("Pow", one(ArithmeticNodes::power)),
  NEG("Neg", unary(Activation.NEG, Math::negateExact, a -> -a)),
  ABS("Abs", unary(Activation.ABS, Math::abs, Math::abs)),
  SQRT("Sqrt", unary(Activation.SQRT, Math::sqrt)),
  EXP("Exp", unary(Activation.EXP, Math::exp)),
  LOG("Log", unary(Activation.LOG, Math::log)),
  ERF("Erf", activation(node -> Activation.ERF)),
  RECIPROCAL("Reciprocal", one(ArithmeticNodes::reciprocal)),
  CLIP("Clip", one(ArithmeticNodes::clip)),
  MAX("Max", bounded(true)),
  MIN("Min", bounded(false)),

  // activations
  RELU("Relu", activation(node -> Activation.RELU)),
  SIGMOID("Sigmoid", activation(node -> Activation.SIGMOID)),
  TANH("Tanh", activation(node -> Activation.TANH)),
  SOFTSIGN("Softsign", activation(node -> Activation.SOFTSIGN)),
  HARD_SWISH("HardSwish", activation(node -> Activation.HARDSWISH)),
  MISH("Mish", activation(node -> Activation.MISH)),
  LEAKY_RELU("LeakyRelu", activation(node -> new LeakyRelu(node.real("alpha", 0.01)))),
  ELU("Elu", activation(node -> new Elu(node.real("alpha", 1)))),
  CELU("Celu", activation(node -> new Celu(node.real("alpha", 1)))),
  SOFTPLUS("Softplus", activation(node -> ArithmeticNodes.SOFTPLUS)),
  SELU("Selu", one(ArithmeticNodes::selu)),
  HARD_SIGMOID("HardSigmoid", one(ArithmeticNodes::hardSigmoid)),
  GELU("Gelu", activation(ArithmeticNodes::gelu)),
  SWISH("Swish", one(ArithmeticNodes::swish)),
  P_RELU("PRelu", one(ArithmeticNodes::parametricRelu)),
  SOFTMAX("Softmax", ReductionNodes.softmax(Softmax::new)),
  LOG_SOFTMAX("LogSoftmax", ReductionNodes.softmax(LogSoftmax::new)),

  // products, convolutions and pools
  GEMM("Gemm", one(ProductNodes::gemm)),
  MAT_MUL("MatMul", one(ProductNodes::matMul)),
  CONV("Conv", one(WindowNodes::convolution)),
  MAX_POOL("MaxPool", one(WindowNodes::maxPool)),
  AVERAGE_POOL("AveragePool", one(WindowNodes::averagePool)),
  GLOBAL_AVERAGE_POOL("GlobalAveragePool", one(ReductionNodes::globalAverage)),

  // reductions and normalisations
  REDUCE_MEAN("ReduceMean", ReductionNodes.reduction(AxisReduction.Kind.MEAN)),
  REDUCE_SUM("ReduceSum", ReductionNodes.reduction(AxisReduction.Kind.SUM)),
  REDUCE_L2("ReduceL2", ReductionNodes.reduction(AxisReduction.Kind.NORM)),
  BATCH_NORMALIZATION("BatchNormalization", NormalizationNodes::batch),
  LAYER_NORMALIZATION("LayerNormalization", one(NormalizationNodes::layer)),
  GROUP_NORMALIZATION("GroupNormalization", one(NormalizationNodes::group)),
  INSTANCE_NORMALIZATION("InstanceNormalization", one(NormalizationNodes::instance)),
  RMS_NORMALIZATION("RMSNormalization", one(NormalizationNodes::rootMeanSquare)),

  // arrangements
  FLATTEN("Flatten", one(ShapeNodes::flatten)),
  RESHAPE("Reshape", one(ShapeNodes::reshape)),
  TRANSPOSE("Transpose", one(ShapeNodes::transpose)),
  SQUEEZE("Squeeze", one(ShapeNodes::squeeze)),
  UNSQUEEZE("Unsqueeze", one(ShapeNodes::unsqueeze)),
  CONCAT("Concat", one(ShapeNodes::concat)),
  SLICE("Slice", one(SliceNodes::slice)),
  SPLIT("Split", SliceNodes::split),
  GATHER("Gather", one(SliceNodes::gather)),
  PAD("Pad", one(SliceNodes::pad)),
  EXPAND("Expand", one(ShapeNodes::expand)),
  IDENTITY("Identity", one(ShapeNodes::identity)),
  DROPOUT("Dropout", ShapeNodes::dropout),
  CAST("Cast", one(ShapeNodes::cast)),
  CAST_LIKE("CastLike", one(ShapeNodes::castLike)),

  // what only computes static shapes and constants
  CONSTANT("Constant", one(ShapeNodes::constant)),
  CONSTANT_OF_SHAPE("ConstantOfShape", one(ShapeNodes::constantOfShape)),
  SHAPE("Shape", one(ShapeNodes::shape)),
  SIZE("Size", one(ShapeNodes::size)),
  GREATER("Greater", one(ArithmeticNodes::greater)),
  EQUAL("Equal", one(ArithmeticNodes::equal)),
  WHERE("Where", one(ArithmeticNodes::where));

  private static final Set<String> DOMAINS = Set.of("", "ai.onnx");
  private static final Map<String, Operator> BY_NAME = byName();

  private final String label;
  private final OperatorTranslation translation;

  Operator(String label, OperatorTranslation translation) {
    this.label = label;
    this.translation = translation;
  }

  private static Map<String, Operator> byName() {
    Map<String, Operator> operators = new LinkedHashMap<>();
    Arrays.stream(values()).forEach(operator -> operators.put(operator.label, operator));
    return operators;
  }

  /**
   * The translation of an operator.
   *
   * @throws IllegalArgumentException if there is no such operator; the message lists those there
   *     are, and is put behind the node's name
   */
  static OperatorTranslation of(String domain, String type) {
    Operator operator = DOMAINS.contains(domain) ? BY_NAME.get(type) : null;
    if (operator == null) {
      throw new IllegalArgumentException(
          "is not supported%s. Rewrite that part of the model with what is: %s"
              .formatted(
                  domain.isEmpty() ? "" : " (domain '" + domain + "')",
                  String.join(", ", BY_NAME.keySet())));
    }
    return operator.translation;
  }

  /** The name in ONNX. */
  @Override
  public String toString() {
    return label;
  }
}
