package org.samplegrad.core.models;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Seed;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.models.ForwardTrace.LayerUse;
import org.samplegrad.core.models.ForwardTrace.SampleGradients;
import org.samplegrad.core.models.GraphNode.Dependence;
import org.samplegrad.core.models.GraphNode.Weight;
import org.samplegrad.core.ops.Shapes;
import org.samplegrad.core.persample.DenseGradient;
import org.samplegrad.core.persample.PerSampleGradient;

/** The values of a graph's nodes on one block, and where its parameters were used. */
final class GraphEvaluation {
  private final Map<Integer, GraphNode> nodes;
  private final Map<String, Integer> positions;
  private final List<Variable> parameters;
  private final Variable input;
  private final Map<Integer, Variable> values = new HashMap<>();
  private final List<LayerUse> uses = new ArrayList<>();

  /**
   * @param nodes by their numbers, each after those it is computed from
   * @param positions of the parameters in the model's layout
   */
  GraphEvaluation(
      Map<Integer, GraphNode> nodes,
      Map<String, Integer> positions,
      List<Variable> parameters,
      Variable input) {
    this.nodes = nodes;
    this.positions = positions;
    this.parameters = parameters;
    this.input = input;
  }

  /** Evaluates all nodes in their order. */
  ForwardTrace trace(int output) {
    nodes.forEach((number, node) -> values.put(number, node.evaluate(this)));
    return new ForwardTrace(ofEachSample(value(output)), uses);
  }

  Variable input() {
    return input;
  }

  Variable parameter(String name) {
    return parameters.get(positions.get(name));
  }

  /** {@code [1, ...shape]}. */
  Variable parameter(String name, Shape shape) {
    return Shapes.reshape(parameter(name), shape.prepend(1));
  }

  Variable value(int node) {
    return values.get(node);
  }

  /** {@code [n or 1, ...] -> [n, ...]}. */
  Variable ofEachSample(Variable x) {
    return Shapes.broadcastTo(x, x.shape().dropFirst().prepend(input.shape().extent(0)));
  }

  /** Whether any of a layer's weights is a parameter, or is computed from some. */
  boolean isDifferentiated(List<Weight> weights) {
    return weights.stream()
        .anyMatch(
            weight ->
                weight instanceof Weight.Named
                    || weight instanceof Weight.Computed computed
                        && nodes.get(computed.node()).dependence() == Dependence.PARAMETERS);
  }

  /**
   * Notes that weights were used.
   *
   * @param ofWeights gives the per-sample gradients of each weight
   */
  void use(Variable layerInput, Variable output, SampleGradients ofWeights, List<Weight> weights) {
    List<List<String>> sources = weights.stream().map(this::sources).toList();
    List<Integer> indices = sources.stream().flatMap(List::stream).map(positions::get).toList();
    uses.add(
        new LayerUse(
            (x, outputGradient) -> {
              List<PerSampleGradient> own = ofWeights.of(x, outputGradient);
              List<PerSampleGradient> gradients = new ArrayList<>();
              for (int i = 0; i < weights.size(); i++) {
                gradients.addAll(pulledBack(weights.get(i), sources.get(i), own.get(i)));
              }
              return gradients;
            },
            indices,
            layerInput,
            output));
  }

  /** The parameters that a weight is, or is computed from. */
  private List<String> sources(Weight weight) {
    if (weight instanceof Weight.Named named) {
      return List.of(named.parameter());
    }
    return ancestors(((Weight.Computed) weight).node()).values().stream()
        .filter(GraphNode.Parameter.class::isInstance)
        .map(node -> ((GraphNode.Parameter) node).name())
        .distinct()
        .toList();
  }

  /** A node and all it is computed from, in their order. */
  private Map<Integer, GraphNode> ancestors(int node) {
    TreeSet<Integer> open = new TreeSet<>(List.of(node));
    TreeSet<Integer> found = new TreeSet<>();
    while (!open.isEmpty()) {
      int next = open.pollLast();
      found.add(next);
      open.addAll(nodes.get(next).inputs());
    }
    Map<Integer, GraphNode> ancestors = new LinkedHashMap<>();
    found.forEach(number -> ancestors.put(number, nodes.get(number)));
    return ancestors;
  }

  /**
   * The per-sample gradients of the parameters {@code theta} that a weight {@code w(theta)} is
   * computed from: {@code (dw/dtheta)^T g_n}. Every sample has a copy of the parameters, so that
   * one sweep gives all, and what it gives can be differentiated in turn.
   *
   * @param own the gradients of the weight
   */
  private List<PerSampleGradient> pulledBack(
      Weight weight, List<String> sources, PerSampleGradient own) {
    if (weight instanceof Weight.Named || sources.isEmpty()) {
      return weight instanceof Weight.Named ? List.of(own) : List.of();
    }
    int node = ((Weight.Computed) weight).node();
    if (nodes.get(node) instanceof GraphNode.Parameter) {
      return List.of(own);
    }
    List<Variable> copies = new ArrayList<>();
    GraphEvaluation ofCopies = new GraphEvaluation(nodes, positions, parameters, input);
    Map<String, Variable> bySource = new HashMap<>();
    for (String source : sources) {
      Variable parameter = parameter(source);
      Variable one = Shapes.reshape(parameter, parameter.shape().prepend(1));
      Variable copy = Shapes.broadcastTo(one, parameter.shape().prepend(own.samples()));
      copies.add(copy);
      bySource.put(source, copy);
    }
    ancestors(node)
        .forEach(
            (number, part) ->
                ofCopies.values.put(
                    number,
                    part instanceof GraphNode.Parameter parameter
                        ? Shapes.reshape(
                            bySource.get(parameter.name()),
                            parameter.shape().prepend(own.samples()))
                        : part.evaluate(ofCopies)));
    Variable computed = ofCopies.value(node);
    Variable cotangent = Shapes.reshape(own.expand(), computed.shape());
    return Gradients.pullBackRecorded(List.of(new Seed(computed, cotangent)), copies).stream()
        .map(gradients -> (PerSampleGradient) new DenseGradient(gradients))
        .toList();
  }
}
