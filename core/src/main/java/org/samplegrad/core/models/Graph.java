package org.samplegrad.core.models;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Combination;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.MaxPool;
import org.samplegrad.core.layers.ParameterSpec;
import org.samplegrad.core.models.GraphNode.Dependence;
import org.samplegrad.core.models.GraphNode.Weight;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * Layers and combinations of their outputs, each evaluated after what it takes as input. A
 * parameter may be used in several places.
 */
public sealed class Graph implements Model permits Sequential {
  private static final long serialVersionUID = 1L;

  /** A node by the number that others name it by. */
  private record Step(int number, GraphNode node) implements Serializable {}

  private final ArrayList<Step> steps;
  private final Shape inputShape;
  private final ArrayList<ParameterSpec> parameters;
  private final ParameterLayout layout;
  private final HashMap<String, Integer> positions = new HashMap<>();
  private final long elementsPerSample;
  private final long scratchPerSample;

  /** The same graph, for a class of graphs of one form. */
  Graph(Graph other) {
    this(
        other.steps,
        other.inputShape,
        other.parameters,
        other.layout,
        other.elementsPerSample,
        other.scratchPerSample);
  }

  private Graph(
      ArrayList<Step> steps,
      Shape inputShape,
      ArrayList<ParameterSpec> parameters,
      ParameterLayout layout,
      long elementsPerSample,
      long scratchPerSample) {
    this.steps = steps;
    this.inputShape = inputShape;
    this.parameters = parameters;
    this.layout = layout;
    this.elementsPerSample = elementsPerSample;
    this.scratchPerSample = scratchPerSample;
    for (ParameterSpec parameter : parameters) {
      positions.put(parameter.name(), positions.size());
    }
  }

  /**
   * @param inputShape of one sample
   */
  public static Builder builder(Shape inputShape) {
    return new Builder(inputShape);
  }

  private Step last() {
    return steps.get(steps.size() - 1);
  }

  @Override
  public Shape inputShape() {
    return inputShape;
  }

  @Override
  public Shape outputShape() {
    return last().node().shape();
  }

  @Override
  public ParameterLayout parameters() {
    return layout;
  }

  @Override
  public ParameterVector initialParameters(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[layout.size()];
    int next = 0;
    for (ParameterSpec parameter : parameters) {
      for (int i = 0; i < parameter.shape().size(); i++) {
        double offset = (2 * random.nextDouble() - 1) * parameter.initialBound();
        values[next++] = (float) (parameter.initialCentre() + offset);
      }
    }
    return new ParameterVector(layout, values);
  }

  @Override
  public long elementsPerSample() {
    return elementsPerSample;
  }

  @Override
  public long scratchPerSample() {
    return scratchPerSample;
  }

  @Override
  public ForwardTrace forward(List<Variable> parameters, Variable input) {
    Map<Integer, GraphNode> nodes = new LinkedHashMap<>();
    steps.forEach(step -> nodes.put(step.number(), step.node()));
    return new GraphEvaluation(nodes, positions, parameters, input).trace(last().number());
  }

  /**
   * Puts a graph together. Values are named by the numbers that the methods return. A method throws
   * {@link IllegalArgumentException} for shapes that do not fit.
   */
  public static final class Builder {
    private final List<GraphNode> nodes = new ArrayList<>();
    private final Map<String, ParameterSpec> parameters = new LinkedHashMap<>();
    private final Map<String, Integer> values = new HashMap<>();
    private final Map<Integer, Integer> copies = new HashMap<>();
    private List<String> order;

    private Builder(Shape inputShape) {
      nodes.add(new GraphNode.Input(inputShape));
    }

    private int add(GraphNode node) {
      nodes.add(node);
      return nodes.size() - 1;
    }

    /** The samples. */
    public int input() {
      return 0;
    }

    /** The shape of one sample's value. */
    public Shape shape(int node) {
      return nodes.get(node).shape();
    }

    /**
     * The output of a layer.
     *
     * @param parameterNames in the order of the layer's parameters; a name used before means the
     *     same parameter
     */
    public int apply(Layer layer, List<String> parameterNames, int input) {
      List<Weight> weights =
          parameterNames.stream().map(name -> (Weight) new Weight.Named(name)).toList();
      return applyTo(layer, weights, input);
    }

    /**
     * The output of a layer whose parameters are values of the graph that no sample takes part in:
     * constants, parameters, and what is computed from them. The gradients of what a value is
     * computed from are those of the layer's parameter, pulled back sample by sample.
     *
     * @param values in the order of the layer's parameters, of as many elements
     */
    public int applyComputed(Layer layer, List<Integer> values, int input) {
      List<Weight> weights =
          values.stream()
              .map(
                  value ->
                      nodes.get(value) instanceof GraphNode.Parameter parameter
                          ? new Weight.Named(parameter.name())
                          : (Weight) new Weight.Computed(value))
              .toList();
      return applyTo(layer, weights, input);
    }

    private int applyTo(Layer layer, List<Weight> weights, int input) {
      List<ParameterSpec> own = layer.parameters();
      if (own.size() != weights.size()) {
        throw new IllegalArgumentException(
            "%s has %d parameters, and %d names were given"
                .formatted(layer, own.size(), weights.size()));
      }
      int value = input;
      int first = 0;
      for (Layer part : layer.parts()) {
        int end = first + part.parameters().size();
        value = add(node(part, weights.subList(first, end), value));
        first = end;
      }
      return value;
    }

    private GraphNode.OfLayer node(Layer layer, List<Weight> weights, int given) {
      Shape shape = layer.outputShape(shape(given));
      requireScratch(layer.scratchElements(shape(given)), shape(given));
      List<ParameterSpec> own = layer.parameters();
      Dependence dependence = nodes.get(given).dependence();
      boolean differentiated = false;
      for (int i = 0; i < own.size(); i++) {
        if (weights.get(i) instanceof Weight.Computed computed) {
          GraphNode weight = nodes.get(computed.node());
          requireWeight(weight, own.get(i));
          differentiated |= weight.dependence() == Dependence.PARAMETERS;
        } else {
          declare(((Weight.Named) weights.get(i)).parameter(), own.get(i));
          differentiated = true;
        }
      }
      int input = differentiated ? ofSamples(given) : given;
      return new GraphNode.OfLayer(
          layer,
          new ArrayList<>(weights),
          input,
          shape,
          differentiated ? Dependence.SAMPLES : dependence);
    }

    private static void requireWeight(GraphNode weight, ParameterSpec spec) {
      if (weight.dependence() == Dependence.SAMPLES) {
        throw new IllegalArgumentException(
            "the %s depends on the samples; a layer has the same for all".formatted(spec.name()));
      }
      if (!weight.shape().equals(spec.shape())) {
        throw new IllegalArgumentException(
            "the %s has the shape %s, and cannot be used with the shape %s"
                .formatted(spec.name(), weight.shape(), spec.shape()));
      }
    }

    /** A value as one of every sample, where it is computed from parameters alone. */
    private int ofSamples(int node) {
      if (nodes.get(node).dependence() != Dependence.PARAMETERS) {
        return node;
      }
      Integer known = copies.get(node);
      if (known == null) {
        known = add(new GraphNode.Copies(node, shape(node)));
        copies.put(node, known);
      }
      return known;
    }

    /**
     * The output of a layer whose parameters are named by the layer and their own names, {@code
     * 0.weight}, as in a PyTorch module.
     *
     * @throws UnusableModelException if the layer cannot take the input; the message names it
     */
    public int apply(String name, Layer layer, int input) {
      try {
        List<String> names =
            layer.parameters().stream().map(parameter -> name + "." + parameter.name()).toList();
        return apply(layer, names, input);
      } catch (IllegalArgumentException e) {
        throw new UnusableModelException("Layer %s: %s".formatted(name, e.getMessage()), e);
      }
    }

    private static void requireScratch(long elements, Shape shape) {
      if (elements > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "one sample of shape %s needs a working array of %d elements, more than an array can hold"
                .formatted(shape, elements));
      }
    }

    private void declare(String name, ParameterSpec spec) {
      ParameterSpec known =
          parameters.putIfAbsent(
              name,
              new ParameterSpec(name, spec.shape(), spec.initialCentre(), spec.initialBound()));
      if (known != null && !known.shape().equals(spec.shape())) {
        throw new IllegalArgumentException(
            "the parameter '%s' has the shape %s, and cannot be used with the shape %s"
                .formatted(name, known.shape(), spec.shape()));
      }
    }

    /**
     * A parameter as a value of every sample, for use in any combination or layer.
     *
     * @param initialBound initial values are uniform on {@code [-initialBound, initialBound]}
     */
    public int parameter(String name, Shape shape, double initialBound) {
      return parameter(new ParameterSpec(name, shape, initialBound));
    }

    /** A parameter as a value of every sample; its name is the whole name in the model. */
    public int parameter(ParameterSpec parameter) {
      Integer known = values.get(parameter.name());
      if (known != null && shape(known).equals(parameter.shape())) {
        return known;
      }
      declare(parameter.name(), parameter);
      int node = add(new GraphNode.Parameter(parameter.name(), parameter.shape()));
      values.put(parameter.name(), node);
      return node;
    }

    /**
     * The same value for every sample.
     *
     * @param values row-major
     */
    public int constant(Shape shape, double[] values) {
      if (values.length != shape.size()) {
        throw new IllegalArgumentException(
            "%d values do not fill the shape %s".formatted(values.length, shape));
      }
      return add(new GraphNode.Constant(shape, values.clone()));
    }

    public int combine(Combination combination, int... inputs) {
      List<Shape> shapes = Arrays.stream(inputs).mapToObj(this::shape).toList();
      Shape shape = combination.outputShape(shapes);
      Dependence dependence =
          Arrays.stream(inputs)
              .mapToObj(input -> nodes.get(input).dependence())
              .max(Comparator.naturalOrder())
              .orElse(Dependence.NOTHING);
      ArrayList<Integer> numbers = new ArrayList<>();
      for (int input : inputs) {
        numbers.add(dependence == Dependence.SAMPLES ? ofSamples(input) : input);
      }
      return add(new GraphNode.OfCombination(combination, numbers, shape, dependence));
    }

    /** The order of the parameters in the model, if it is not that of their first use. */
    public Builder parameterOrder(List<String> names) {
      this.order = List.copyOf(names);
      return this;
    }

    /**
     * The graph that computes one value; what does not lead to it is left out.
     *
     * @throws UnusableModelException if a parameter does not lead to it, if the parameters in order
     *     are not those of the graph, or if they have more elements than an array can hold
     */
    public Graph build(int value) {
      int output = ofSamples(value);
      boolean[] needed = needed(output);
      List<GraphNode> nodes = poolsFirst(needed);
      ArrayList<Step> steps = new ArrayList<>();
      Set<String> used = new HashSet<>();
      long elements = shape(input()).size();
      long scratch = 0;
      for (int number = 0; number <= output; number++) {
        GraphNode node = nodes.get(number);
        if (needed[number]) {
          steps.add(new Step(number, node));
          if (node instanceof GraphNode.OfLayer layer) {
            used.addAll(layer.parameters());
          } else if (node instanceof GraphNode.Parameter parameter) {
            used.add(parameter.name());
          }
          boolean counted = number == input() || node instanceof GraphNode.Parameter;
          elements += counted ? 0 : node.shape().size();
          scratch += scratch(node, nodes);
        }
      }
      ArrayList<ParameterSpec> ordered = ordered(used);
      try {
        ParameterLayout layout =
            new ParameterLayout(
                ordered.stream().map(ParameterSpec::name).toList(),
                ordered.stream().map(ParameterSpec::shape).toList());
        return new Graph(steps, shape(input()), ordered, layout, elements, scratch);
      } catch (IllegalArgumentException e) {
        throw new UnusableModelException(e.getMessage(), e);
      }
    }

    /**
     * The nodes with each max pool before those that keep the order of elements and whose output it
     * alone takes: the bias of a convolution, ReLU. The values and all derivatives are the same, of
     * fewer elements: where both of two elements become the same, no gradient comes through.
     */
    private List<GraphNode> poolsFirst(boolean[] needed) {
      int[] uses = new int[needed.length];
      for (int number = 0; number < needed.length; number++) {
        if (needed[number]) {
          nodes.get(number).inputs().forEach(input -> uses[input]++);
        }
      }
      List<GraphNode> result = new ArrayList<>(nodes);
      for (int number = 0; number < needed.length; number++) {
        if (needed[number]) {
          movePoolForward(result, number, uses);
        }
      }
      return result;
    }

    private static void movePoolForward(List<GraphNode> nodes, int number, int[] uses) {
      int place = number;
      while (nodes.get(place) instanceof GraphNode.OfLayer pool
          && pool.layer() instanceof MaxPool
          && uses[pool.input()] == 1
          && nodes.get(pool.input()) instanceof GraphNode.OfLayer before
          && before.layer().commutesWithMaxPool()) {
        nodes.set(place, before.over(pool.input(), pool.shape()));
        nodes.set(pool.input(), pool.over(before.input(), pool.shape()));
        place = pool.input();
      }
    }

    private boolean[] needed(int output) {
      boolean[] needed = new boolean[output + 1];
      needed[output] = true;
      for (int number = output; number >= 0; number--) {
        if (needed[number]) {
          nodes.get(number).inputs().forEach(input -> needed[input] = true);
        }
      }
      return needed;
    }

    private static long scratch(GraphNode node, List<GraphNode> nodes) {
      return node instanceof GraphNode.OfLayer layer
          ? layer.layer().scratchElements(nodes.get(layer.input()).shape())
          : 0;
    }

    private ArrayList<ParameterSpec> ordered(Set<String> used) {
      List<String> unused = parameters.keySet().stream().filter(p -> !used.contains(p)).toList();
      if (!unused.isEmpty()) {
        throw new UnusableModelException(
            "The parameters %s do not lead to the model's output; remove them".formatted(unused));
      }
      List<String> names = order == null ? List.copyOf(parameters.keySet()) : order;
      if (names.size() != parameters.size() || !parameters.keySet().containsAll(names)) {
        throw new UnusableModelException(
            "The model has the parameters %s, and the order names %s"
                .formatted(parameters.keySet(), names));
      }
      return new ArrayList<>(names.stream().map(parameters::get).toList());
    }
  }
}
