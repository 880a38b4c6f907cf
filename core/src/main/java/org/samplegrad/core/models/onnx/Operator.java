package org.samplegrad.core.models.onnx;

import static org.samplegrad.core.models.onnx.ArithmeticNodes.activation;
import static org.samplegrad.core.models.onnx.ArithmeticNodes.binary;
import static org.samplegrad.core.models.onnx.ArithmeticNodes.bounded;
import static org.samplegrad.core.models.onnx.ArithmeticNodes.many;
import static org.samplegrad.core.models.onnx.OperatorTranslation.one;
import static org.samplegrad.core.models.onnx.SampleCount.chosen;
import static org.samplegrad.core.models.onnx.SampleCount.polynomial;
import static org.samplegrad.core.models.onnx.StaticEvaluation.combine;
import static org.samplegrad.core.models.onnx.StaticEvaluation.compare;
import static org.samplegrad.core.models.onnx.StaticEvaluation.map;
import static org.samplegrad.core.models.onnx.StaticEvaluation.truth;
import static org.samplegrad.core.models.onnx.StaticReductions.fold;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.samplegrad.core.layers.Activation;
import org.samplegrad.core.layers.Arithmetic;
import org.samplegrad.core.layers.AxisReduction;
import org.samplegrad.core.layers.Celu;
import org.samplegrad.core.layers.Condition;
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
  ADD("Add", combine(polynomial(Math::addExact), Double::sum), binary(Arithmetic.ADD)),
  SUB(
      "Sub",
      combine(polynomial(Math::subtractExact), (a, b) -> a - b),
      binary(Arithmetic.SUBTRACT)),
  MUL(
      "Mul",
      combine(polynomial(Math::multiplyExact), (a, b) -> a * b),
      binary(Arithmetic.MULTIPLY)),
  DIV("Div", combine(SampleCount::divide, (a, b) -> a / b), binary(Arithmetic.DIVIDE)),
  SUM("Sum", combine(polynomial(Math::addExact), Double::sum), many(Arithmetic.ADD)),
  POW("Pow", StaticEvaluation.one(StaticNumbers::power), one(ArithmeticNodes::power)),
  NEG("Neg", map(Math::negateExact, a -> -a), activation(node -> Activation.NEG)),
  ABS("Abs", map(Math::abs, Math::abs), activation(node -> Activation.ABS)),
  SQRT("Sqrt", map(Math::sqrt), activation(node -> Activation.SQRT)),
  EXP("Exp", map(Math::exp), activation(node -> Activation.EXP)),
  LOG("Log", map(Math::log), activation(node -> Activation.LOG)),
  ERF("Erf", activation(node -> Activation.ERF)),
  RECIPROCAL("Reciprocal", map(a -> 1 / a), one(ArithmeticNodes::reciprocal)),
  CLIP("Clip", StaticEvaluation.one(StaticNumbers::clip), one(ArithmeticNodes::clip)),
  MAX("Max", combine(chosen(Relation.GREATER), Math::max), bounded(true)),
  MIN("Min", combine(chosen(Relation.LESS), Math::min), bounded(false)),

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
  REDUCE_MEAN(
      "ReduceMean",
      StaticEvaluation.one(StaticReductions::mean),
      ReductionNodes.reduction(AxisReduction.Kind.MEAN)),
  REDUCE_SUM(
      "ReduceSum",
      fold(polynomial(Math::addExact), Double::sum),
      ReductionNodes.reduction(AxisReduction.Kind.SUM)),
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

  // sequences
  SEQUENCE_CONSTRUCT("SequenceConstruct", one(SequenceNodes::construct)),
  SEQUENCE_EMPTY("SequenceEmpty", one(SequenceNodes::empty)),
  SEQUENCE_INSERT("SequenceInsert", one(SequenceNodes::insert)),
  SEQUENCE_ERASE("SequenceErase", one(SequenceNodes::erase)),
  SEQUENCE_AT("SequenceAt", one(SequenceNodes::at)),
  SEQUENCE_LENGTH("SequenceLength", one(SequenceNodes::length)),
  SPLIT_TO_SEQUENCE("SplitToSequence", one(SequenceNodes::split)),
  CONCAT_FROM_SEQUENCE("ConcatFromSequence", one(SequenceNodes::concatenate)),

  // what only computes static shapes and constants
  SHAPE("Shape", one(ShapeNodes::shape)),
  SIZE("Size", one(ShapeNodes::size)),
  CONSTANT("Constant", StaticEvaluation.one(StaticNumbers::constant)),
  CONSTANT_OF_SHAPE("ConstantOfShape", StaticEvaluation.one(StaticNumbers::constantOfShape)),
  RANGE("Range", StaticEvaluation.one(StaticNumbers::range)),
  EYE_LIKE("EyeLike", StaticEvaluation.one(StaticNumbers::eyeLike)),
  TRILU("Trilu", StaticEvaluation.one(StaticNumbers::triangle), one(TruthNodes::triangle)),
  ONE_HOT("OneHot", StaticEvaluation.one(StaticNumbers::oneHot)),
  NON_ZERO("NonZero", StaticEvaluation.one(StaticNumbers::nonZero)),
  TILE("Tile", StaticEvaluation.one(StaticSelections::tile), one(SliceNodes::tile)),
  GATHER_ND(
      "GatherND",
      StaticEvaluation.one(StaticSelections::gatherSlices),
      one(SliceNodes::gatherSlices)),
  SCATTER_ND("ScatterND", StaticEvaluation.one(StaticSelections::scatterSlices)),
  FLOOR("Floor", map(Math::floor)),
  CEIL("Ceil", map(Math::ceil)),
  ROUND("Round", map(Math::rint)),
  SIGN("Sign", map(Long::signum, Math::signum)),
  SIN("Sin", map(Math::sin)),
  COS("Cos", map(Math::cos)),
  MOD("Mod", StaticEvaluation.one(StaticNumbers::remainder)),
  EQUAL("Equal", compare(Relation.EQUAL), TruthNodes.compare(Condition.EQUAL)),
  LESS("Less", compare(Relation.LESS), TruthNodes.compare(Condition.LESS)),
  LESS_OR_EQUAL(
      "LessOrEqual", compare(Relation.LESS_OR_EQUAL), TruthNodes.compare(Condition.LESS_OR_EQUAL)),
  GREATER("Greater", compare(Relation.GREATER), TruthNodes.compare(Condition.GREATER)),
  GREATER_OR_EQUAL(
      "GreaterOrEqual",
      compare(Relation.GREATER_OR_EQUAL),
      TruthNodes.compare(Condition.GREATER_OR_EQUAL)),
  AND("And", truth((a, b) -> a & b), one(TruthNodes::and)),
  OR("Or", truth((a, b) -> a | b), one(TruthNodes::or)),
  XOR("Xor", truth((a, b) -> a ^ b)),
  NOT("Not", StaticEvaluation.one(StaticNumbers::not), one(TruthNodes::not)),
  IS_NAN("IsNaN", StaticEvaluation.one(StaticNumbers::isNotANumber), one(TruthNodes::isNotANumber)),
  WHERE("Where", StaticEvaluation.one(StaticNumbers::where), one(TruthNodes::where)),
  REDUCE_PROD("ReduceProd", fold(polynomial(Math::multiplyExact), (a, b) -> a * b)),
  REDUCE_MAX("ReduceMax", fold(chosen(Relation.GREATER), Math::max)),
  REDUCE_MIN("ReduceMin", fold(chosen(Relation.LESS), Math::min)),
  ARG_MAX("ArgMax", StaticReductions.position(Relation.GREATER)),
  ARG_MIN("ArgMin", StaticReductions.position(Relation.LESS)),
  CUM_SUM(
      "CumSum",
      StaticEvaluation.one(StaticReductions::cumulative),
      one(ReductionNodes::cumulative)),
  IF("If", Subgraphs::choose);

  private static final Set<String> DOMAINS = Set.of("", "ai.onnx");
  private static final Set<String> RECURRENT = Set.of("RNN", "LSTM", "GRU");
  private static final Set<String> LOOPS = Set.of("Loop", "Scan", "SequenceMap");
  private static final Map<String, Operator> BY_NAME = byName();

  private final String label;
  private final StaticEvaluation evaluation;
  private final OperatorTranslation translation;

  /** Operands known without a sample become constants of the graph, or are looked after. */
  Operator(String label, OperatorTranslation translation) {
    this(label, null, translation);
  }

  /** For operands known without a sample only. */
  Operator(String label, StaticEvaluation evaluation) {
    this(label, evaluation, OperatorTranslation::refuse);
  }

  Operator(String label, StaticEvaluation evaluation, OperatorTranslation translation) {
    this.label = label;
    this.evaluation = evaluation;
    this.translation = translation;
  }

  private static Map<String, Operator> byName() {
    Map<String, Operator> operators = new LinkedHashMap<>();
    Arrays.stream(values()).forEach(operator -> operators.put(operator.label, operator));
    return operators;
  }

  /**
   * Tells of recurrent layers and loops before anything that leads to them is looked at.
   *
   * @throws IllegalArgumentException if a node is one
   */
  static void requireNoLoop(NodeProto node) {
    String type = node.getOpType();
    if (DOMAINS.contains(node.getDomain()) && RECURRENT.contains(type)) {
      throw new IllegalArgumentException(
          "the node '%s' is a recurrent layer (%s). Recurrent layers are not supported; write the steps out in the module with torch.nn.%sCell and a loop of fixed length, which the exporter unrolls"
              .formatted(node.getName(), type, type));
    }
    if (DOMAINS.contains(node.getDomain()) && LOOPS.contains(type)) {
      throw new IllegalArgumentException(
          "the node '%s' is a loop (%s), which is not supported; export the model with the steps written out"
              .formatted(node.getName(), type));
    }
  }

  /**
   * @throws IllegalArgumentException if there is no such operator; the message lists those there
   *     are, and is put behind the node's name
   */
  static Operator of(String domain, String type) {
    Operator operator = DOMAINS.contains(domain) ? BY_NAME.get(type) : null;
    if (operator == null) {
      throw new IllegalArgumentException(
          "is not supported%s. Rewrite that part of the model with what is: %s"
              .formatted(
                  domain.isEmpty() ? "" : " (domain '" + domain + "')",
                  String.join(", ", BY_NAME.keySet())));
    }
    return operator;
  }

  /**
   * A node's results: evaluated if its operands are known without a sample and are no parameters, a
   * part of the graph otherwise.
   *
   * @throws IllegalArgumentException if the node asks for what is not supported; the message says
   *     what, and is put behind the node's name
   */
  Operand[] results(OnnxNode node, GraphTranslation graph) {
    return evaluation != null && node.isKnown()
        ? evaluation.evaluate(node)
        : translation.translate(node, graph);
  }

  /** The name in ONNX. */
  @Override
  public String toString() {
    return label;
  }
}
