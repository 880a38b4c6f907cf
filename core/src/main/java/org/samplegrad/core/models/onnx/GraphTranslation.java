package org.samplegrad.core.models.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Combination;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.Permute;
import org.samplegrad.core.layers.Reshape;
import org.samplegrad.core.models.Graph;

/**
 * The graph under construction: what translations put into it, and which tensors became parameters.
 */
final class GraphTranslation {
  private static final int MOST_VALUES = 200_000;
  private static final long MOST_TAKEN = 1 << 22;

  private final Graph.Builder builder;
  private final ParameterRule rule;
  private final long fixedBatch;
  private final Map<String, StoredTensor> parameters = new LinkedHashMap<>();
  private final Map<Integer, Integer> softplusInputs = new HashMap<>();
  private final Map<Integer, Scaled> scaled = new HashMap<>();

  private final Map<Integer, Compared> comparisons = new HashMap<>();
  private final Set<Integer> truths = new HashSet<>();
  private long taken;

  /** A value times a number. */
  private record Scaled(int node, double factor) {}

  /**
   * @param fixedBatch the number of samples that the file fixes, or {@link StaticTensor#BATCH}
   */
  GraphTranslation(Graph.Builder builder, ParameterRule rule, long fixedBatch) {
    this.builder = builder;
    this.rule = rule;
    this.fixedBatch = fixedBatch;
  }

  /** The number of samples that the file was exported for, or {@link StaticTensor#BATCH} if any. */
  long fixedBatch() {
    return fixedBatch;
  }

  GraphValue input() {
    return new GraphValue(builder.input(), builder.shape(builder.input()), true);
  }

  /** The tensors that became parameters, by the names of the parameters. */
  Map<String, StoredTensor> parameters() {
    return parameters;
  }

  /** Whether a tensor that is the weight of an operator is to be differentiated for. */
  boolean isParameterAsWeight(Operand operand) {
    return operand instanceof StoredTensor stored && rule.isParameterAsWeight(stored);
  }

  /** The output of a layer without parameters. */
  GraphValue apply(Layer layer, GraphValue input) {
    return apply(layer, input, List.of());
  }

  /**
   * The output of a layer with weights.
   *
   * @param weights in the layer's order: parameters of the file in their own shape, or values that
   *     no sample takes part in, in the shape that the layer takes
   */
  GraphValue apply(Layer layer, GraphValue input, List<? extends Operand> weights) {
    List<Integer> nodes = new ArrayList<>();
    for (int i = 0; i < weights.size(); i++) {
      nodes.add(weightNode(weights.get(i), layer.parameters().get(i).shape()));
    }
    int node = counted(builder.applyComputed(layer, nodes, input.node()));
    if (layer.equals(ArithmeticNodes.SOFTPLUS)) {
      softplusInputs.put(node, input.node());
    }
    return new GraphValue(node, builder.shape(node), input.layout());
  }

  private int weightNode(Operand weight, Shape shape) {
    if (weight instanceof StoredTensor stored
        && isParameterAsWeight(stored)
        && stored.parameterShape().equals(shape)) {
      register(stored);
      return builder.parameter(stored.parameter(), shape, 1);
    }
    GraphValue value = weightValue(weight);
    if (value.batched()) {
      throw new IllegalArgumentException(
          "has a weight that depends on the samples; it must be the same for all");
    }
    return value.node();
  }

  /** Bounds what nodes that take elements one by one ask for, all together. */
  void countTaken(int positions) {
    taken += positions;
    if (taken > MOST_TAKEN) {
      throw new IllegalArgumentException(
          "makes the model take more than %d elements one by one".formatted(MOST_TAKEN));
    }
  }

  private static int counted(int node) {
    if (node > MOST_VALUES) {
      throw new IllegalArgumentException(
          "makes the model larger than %d values".formatted(MOST_VALUES));
    }
    return node;
  }

  private void register(StoredTensor tensor) {
    parameters.putIfAbsent(tensor.parameter(), tensor);
  }

  /**
   * An operand as a value of the graph, a tensor of the file as what the rule takes it for.
   *
   * @throws IllegalArgumentException if the samples are elsewhere than along the first axis
   */
  GraphValue value(Operand operand) {
    GraphValue value = valueAnywhere(operand);
    if (value.isMoved()) {
      throw new IllegalArgumentException(
          "takes samples that an earlier node has put along the axis %d of %s; this operator takes them along the first, and nothing else there"
              .formatted(value.samplesAxis(), ShapeNodes.text(ShapeNodes.extents(value))));
    }
    return value;
  }

  /** The same for operators that take the samples along whatever axis. */
  GraphValue valueAnywhere(Operand operand) {
    if (operand instanceof GraphValue value) {
      return value;
    }
    if (operand instanceof StaticTensor constant) {
      return constant(constant);
    }
    if (operand instanceof StoredTensor stored) {
      return rule.isParameterAsOperand(stored)
          ? parameter(stored)
          : constant(rule.constant(stored));
    }
    throw new IllegalArgumentException(
        "takes a sequence of values, which only operators on sequences can");
  }

  /** Whether an operand is known without a sample, and is no parameter where numbers are meant. */
  boolean isKnown(Operand operand) {
    return operand instanceof StaticTensor
        || operand instanceof StoredTensor stored && !rule.isParameterAsOperand(stored);
  }

  /** The values of an operand that is known. */
  StaticTensor known(Operand operand) {
    return operand instanceof StoredTensor stored ? rule.constant(stored) : (StaticTensor) operand;
  }

  /** The weight of an operator: a tensor of the file only if it is a parameter. */
  Operand weight(Operand operand) {
    return operand instanceof StoredTensor stored && !isParameterAsWeight(stored)
        ? rule.constant(stored)
        : operand;
  }

  /** A weight as a value of the graph, for operators that have no layer of their own. */
  GraphValue weightValue(Operand operand) {
    Operand weight = weight(operand);
    return weight instanceof StoredTensor stored ? parameter(stored) : valueAnywhere(weight);
  }

  private GraphValue parameter(StoredTensor stored) {
    register(stored);
    int node = builder.parameter(stored.parameter(), stored.parameterShape(), 1);
    GraphValue value = new GraphValue(node, stored.parameterShape(), false);
    return stored.transposed()
        ? apply(new Permute(List.of(1, 0)), value)
        : reshape(value, stored.shape());
  }

  GraphValue constant(StaticTensor values) {
    if (values.dependsOnBatch()) {
      throw new IllegalArgumentException(
          "takes a number that depends on the number of samples. That mixes samples; divide or multiply by fixed numbers");
    }
    int node = counted(builder.constant(values.shape(), values.reals()));
    return new GraphValue(node, values.shape(), false);
  }

  GraphValue constant(double value) {
    return constant(StaticTensor.ofReals(Shape.scalar(), value));
  }

  /** The same elements of each sample in another shape. */
  GraphValue reshape(GraphValue value, Shape shape) {
    return value.shape().equals(shape) ? value : apply(new Reshape(shape), value);
  }

  /**
   * A function of two values that broadcast as in the file.
   *
   * @throws IllegalArgumentException if broadcasting would put the samples along another axis
   */
  GraphValue combine(Combination combination, GraphValue a, GraphValue b) {
    if (a.isMoved() || b.isMoved()) {
      return combineMoved(combination, a, b);
    }
    int rank = Math.max(a.rank(), b.rank());
    GraphValue left = aligned(a, b, rank);
    GraphValue right = aligned(b, a, rank);
    int node = counted(builder.combine(combination, left.node(), right.node()));
    return new GraphValue(node, builder.shape(node), a.batched() || b.batched());
  }

  /** Of two values of which one at least has its samples elsewhere. */
  private GraphValue combineMoved(Combination combination, GraphValue a, GraphValue b) {
    SampleLayout layout = a.isMoved() ? a.layout() : b.layout();
    int rank = a.isMoved() ? a.rank() : b.rank();
    int left = under(a, layout, rank).node();
    int right = under(b, layout, rank).node();
    int node = counted(builder.combine(combination, left, right));
    return new GraphValue(node, builder.shape(node), layout);
  }

  /** A value beside others that have their samples along some axis of that many. */
  private GraphValue under(GraphValue value, SampleLayout layout, int rank) {
    if (value.batched() && value.layout().equals(layout) && value.rank() == rank) {
      return value;
    }
    int missing = value.batched() ? -1 : rank - value.rank();
    int[] extents = new int[rank];
    for (int axis = 0; axis < rank && missing >= 0; axis++) {
      extents[axis] = axis < missing ? 1 : value.shape().extent(axis - missing);
    }
    if (missing < 0 || extents[layout.axis()] != 1) {
      throw new IllegalArgumentException(
          "combines a value %s with samples along the axis %d of %d; that would mix samples"
              .formatted(ShapeNodes.text(ShapeNodes.extents(value)), layout.axis(), rank));
    }
    return reshape(value, layout.withoutSamples(extents));
  }

  /** Without the leading axis of extent 1 that stands beside the axis of the samples. */
  GraphValue aligned(GraphValue value, GraphValue other, int rank) {
    if (value.isMoved() || other.isMoved()) {
      layout(List.of(value, other)); // the same, or refused
      return value;
    }
    if (value.batched() && value.rank() < rank
        || !value.batched() && other.batched() && value.rank() > other.rank()) {
      throw new IllegalArgumentException(
          "broadcasts %s with %s, which puts the samples of one along another axis of the other; give both the same number of axes"
              .formatted(text(value), text(other)));
    }
    if (value.batched() || !other.batched() || value.rank() < rank) {
      return value;
    }
    if (value.shape().extent(0) != 1) {
      throw new IllegalArgumentException(
          "combines %s with a value of the shape %s, which differs from sample to sample"
              .formatted(text(other), value.shape()));
    }
    return reshape(value, value.shape().dropFirst());
  }

  private static String text(GraphValue value) {
    String extents = Arrays.toString(value.shape().extents());
    String inner = extents.substring(1, extents.length() - 1);
    return !value.batched() ? extents : inner.isEmpty() ? "[n]" : "[n, " + inner + "]";
  }

  /** A combination of values that all have the samples first, or all have not. */
  GraphValue combineAll(Combination combination, List<GraphValue> values) {
    int[] nodes = values.stream().mapToInt(GraphValue::node).toArray();
    int node = counted(builder.combine(combination, nodes));
    return new GraphValue(node, builder.shape(node), layout(values));
  }

  /** Where some values that belong together have their samples, null if none has any. */
  SampleLayout layout(List<GraphValue> values) {
    List<SampleLayout> layouts =
        values.stream().map(GraphValue::layout).filter(Objects::nonNull).distinct().toList();
    boolean moved = layouts.stream().anyMatch(layout -> !layout.isFirst());
    if (layouts.size() > 1 || moved && values.stream().anyMatch(value -> !value.batched())) {
      throw new IllegalArgumentException(
          "takes values that have their samples along different axes; that would mix samples");
    }
    return layouts.isEmpty() ? null : layouts.get(0);
  }

  /** A weight of one number per channel, {@code [c] -> [c, 1, ...]}. */
  GraphValue perChannel(Operand weight, int furtherAxes) {
    GraphValue value = weightValue(weight);
    if (value.batched() || value.shape().rank() != 1) {
      throw new IllegalArgumentException(
          "needs one number per channel, found the shape " + weight.shape());
    }
    int[] extents = new int[1 + furtherAxes];
    Arrays.fill(extents, 1);
    extents[0] = value.shape().extent(0);
    return reshape(value, Shape.of(extents));
  }

  /** The value of an operand that is a single constant number, or NaN. */
  double number(Operand operand) {
    if (operand.shape().size() != 1) {
      return Double.NaN;
    }
    if (operand instanceof StoredTensor stored && !rule.isParameterAsOperand(stored)) {
      return rule.constant(stored).real(0);
    }
    return operand instanceof StaticTensor constant && !constant.dependsOnBatch()
        ? constant.real(0)
        : Double.NaN;
  }

  /** A value and a number that it was found to exceed or not. */
  record Compared(GraphValue left, double threshold) {}

  /** Marks a value as a truth: 1 or 0. */
  GraphValue truth(GraphValue value) {
    truths.add(value.node());
    return value;
  }

  boolean isTruth(Operand operand) {
    return operand instanceof GraphValue value && truths.contains(value.node());
  }

  /** Remembers that a truth says where a value exceeds a number, if that is not NaN. */
  void compared(GraphValue truth, GraphValue left, double threshold) {
    if (!Double.isNaN(threshold)) {
      comparisons.put(truth.node(), new Compared(left, threshold));
    }
  }

  /** What a truth was compared from, null if that is not known. */
  Compared comparison(Operand truth) {
    return truth instanceof GraphValue value ? comparisons.get(value.node()) : null;
  }

  /** Values so arranged that they broadcast sample by sample. */
  List<GraphValue> alignedAll(List<GraphValue> values) {
    List<GraphValue> ofSamples = values.stream().filter(GraphValue::batched).toList();
    if (ofSamples.isEmpty()) {
      return values;
    }
    SampleLayout layout = layout(ofSamples);
    GraphValue like = ofSamples.get(0);
    return values.stream()
        .map(
            value ->
                layout.isFirst()
                    ? aligned(value, like, like.rank())
                    : under(value, layout, like.rank()))
        .toList();
  }

  /** Remembers that one value is another times a number, if that is not NaN. */
  GraphValue scaled(GraphValue result, GraphValue value, double factor) {
    scaled.put(result.node(), new Scaled(value.node(), factor));
    return result;
  }

  /**
   * The beta for which {@code scaled} is {@code beta x} and {@code softplus} is {@code log(1 +
   * exp(beta x)) / beta}; NaN if they are something else.
   */
  double softplusBeta(Operand x, GraphValue scaled, Operand softplus) {
    if (!(x instanceof GraphValue input) || !(softplus instanceof GraphValue output)) {
      return Double.NaN;
    }
    if (input.equals(scaled)) {
      return isSoftplus(output.node(), scaled) ? 1 : Double.NaN;
    }
    Scaled before = this.scaled.get(scaled.node());
    Scaled after = this.scaled.get(output.node());
    boolean inverse =
        before != null
            && after != null
            && before.node() == input.node()
            && isSoftplus(after.node(), scaled)
            && Math.abs(before.factor() * after.factor() - 1) < 1e-12; // false for NaN
    return inverse ? before.factor() : Double.NaN;
  }

  private boolean isSoftplus(int node, GraphValue input) {
    return softplusInputs.getOrDefault(node, -1) == input.node();
  }
}
