package org.samplegrad.core.models;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
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
import org.samplegrad.core.layers.ParametricLayer;
import org.samplegrad.core.models.ForwardTrace.LayerUse;
import org.samplegrad.core.ops.Shapes;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.persample.DenseGradient;
import org.samplegrad.core.persample.PerSampleGradient;

/**
 * Layers and combinations of their outputs, each evaluated after what it takes as input. A
 * parameter may be used in several places.
 */
public sealed class Graph implements Model permits Sequential {
  private static final long serialVersionUID = 1L;

  /** One value of the graph and how it is computed. */
  private sealed interface Node extends Serializable {
    Shape shape();

    /** The nodes it is computed from, all before it. */
    List<Integer> inputs();

    Variable evaluate(Evaluation evaluation);
  }

  private record InputNode(Shape shape) implements Node {
    @Override
    public List<Integer> inputs() {
      return List.of();
    }

    @Override
    public Variable evaluate(Evaluation evaluation) {
      return evaluation.input;
    }
  }

  /** Evaluates to {@code [1, ...shape]}: the same for every sample. */
  private record ConstantNode(Shape shape, double[] values) implements Node {
    @Override
    public List<Integer> inputs() {
      return List.of();
    }

    @Override
    public Variable evaluate(Evaluation evaluation) {
      return Variable.constant(evaluation.input.backend().tensor(shape.prepend(1), values));
    }
  }

  private record LayerNode(Layer layer, ArrayList<String> parameters, int input, Shape shape)
      implements Node {
    @Override
    public List<Integer> inputs() {
      return List.of(input);
    }

    LayerNode over(int otherInput, Shape outputShape) {
      return new LayerNode(layer, parameters, otherInput, outputShape);
    }

    @Override
    public Variable evaluate(Evaluation evaluation) {
      Variable x = evaluation.values[input];
      List<Integer> indices = parameters.stream().map(evaluation.positions::get).toList();
      List<Variable> values = indices.stream().map(evaluation.parameters::get).toList();
      if (!(layer instanceof ParametricLayer parametric) || parameters.isEmpty()) {
        return layer.forward(values, x);
      }
      Variable ofEachSample = evaluation.ofEachSample(x);
      Variable y = layer.forward(values, ofEachSample);
      evaluation.uses.add(new LayerUse(parametric, indices, ofEachSample, y));
      return y;
    }
  }

  /**
   * A parameter as a value of every sample: whatever is computed from that value, the parameter's
   * gradient for one sample is the gradient of that sample's copy. The input gives the number of
   * samples only.
   */
  private record Operand(ParameterSpec parameter) implements ParametricLayer {
    @Override
    public Shape outputShape(Shape inputShape) {
      return parameter.shape();
    }

    @Override
    public List<ParameterSpec> parameters() {
      return List.of(parameter);
    }

    @Override
    public Variable forward(List<Variable> parameters, Variable input) {
      Variable one = Shapes.reshape(parameters.get(0), parameter.shape().prepend(1));
      return Shapes.broadcastTo(one, parameter.shape().prepend(input.shape().extent(0)));
    }

    @Override
    public List<PerSampleGradient> perSampleGradients(Variable input, Variable outputGradient) {
      return List.of(new DenseGradient(outputGradient));
    }
  }

  private record CombinationNode(Combination combination, ArrayList<Integer> inputs, Shape shape)
      implements Node {
    @Override
    public Variable evaluate(Evaluation evaluation) {
      return combination.forward(inputs.stream().map(i -> evaluation.values[i]).toList());
    }
  }

  /** The values of the nodes on one block. */
  private static final class Evaluation {
    private final List<Variable> parameters;
    private final Map<String, Integer> positions;
    private final Variable input;
    private final Variable[] values;
    private final List<LayerUse> uses = new ArrayList<>();

    Evaluation(
        List<Variable> parameters, Map<String, Integer> positions, Variable input, int nodes) {
      this.parameters = parameters;
      this.positions = positions;
      this.input = input;
      this.values = new Variable[nodes];
    }

    /** {@code [n or 1, ...] -> [n, ...]}. */
    Variable ofEachSample(Variable x) {
      return Shapes.broadcastTo(x, x.shape().dropFirst().prepend(input.shape().extent(0)));
    }
  }

  /** A node by the number that others name it by. */
  private record Step(int number, Node node) implements Serializable {}

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
    Evaluation evaluation = new Evaluation(parameters, positions, input, last().number() + 1);
    for (Step step : steps) {
      evaluation.values[step.number()] = step.node().evaluate(evaluation);
    }
    Variable output = evaluation.ofEachSample(evaluation.values[last().number()]);
    return new ForwardTrace(output, evaluation.uses);
  }

  /**
   * Puts a graph together. Values are named by the numbers that the methods return. A method throws
   * {@link IllegalArgumentException} for shapes that do not fit.
   */
  public static final class Builder {
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, ParameterSpec> parameters = new LinkedHashMap<>();
    private final Map<String, Integer> operands = new HashMap<>();
    private List<String> order;

    private Builder(Shape inputShape) {
      nodes.add(new InputNode(inputShape));
    }

    private int add(Node node) {
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
      List<ParameterSpec> own = layer.parameters();
      if (own.size() != parameterNames.size()) {
        throw new IllegalArgumentException(
            "%s has %d parameters, and %d names were given"
                .formatted(layer, own.size(), parameterNames.size()));
      }
      int value = input;
      int first = 0;
      for (Layer part : layer.parts()) {
        int end = first + part.parameters().size();
        value = add(node(part, parameterNames.subList(first, end), value));
        first = end;
      }
      return value;
    }

    private LayerNode node(Layer layer, List<String> parameterNames, int input) {
      Shape shape = layer.outputShape(shape(input));
      requireScratch(layer.scratchElements(shape(input)), shape(input));
      List<ParameterSpec> own = layer.parameters();
      for (int i = 0; i < own.size(); i++) {
        declare(parameterNames.get(i), own.get(i));
      }
      return new LayerNode(layer, new ArrayList<>(parameterNames), input, shape);
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
      Integer known = operands.get(parameter.name());
      if (known != null && shape(known).equals(parameter.shape())) {
        return known;
      }
      int node = apply(new Operand(parameter), List.of(parameter.name()), input());
      operands.put(parameter.name(), node);
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
      return add(new ConstantNode(shape, values.clone()));
    }

    public int combine(Combination combination, int... inputs) {
      List<Shape> shapes = Arrays.stream(inputs).mapToObj(this::shape).toList();
      ArrayList<Integer> numbers = new ArrayList<>(Arrays.stream(inputs).boxed().toList());
      return add(new CombinationNode(combination, numbers, combination.outputShape(shapes)));
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
    public Graph build(int output) {
      boolean[] needed = needed(output);
      List<Node> nodes = poolsFirst(needed);
      ArrayList<Step> steps = new ArrayList<>();
      Set<String> used = new HashSet<>();
      long elements = shape(input()).size();
      long scratch = 0;
      for (int number = 0; number <= output; number++) {
        Node node = nodes.get(number);
        if (needed[number]) {
          steps.add(new Step(number, node));
          if (node instanceof LayerNode layer) {
            used.addAll(layer.parameters());
          }
          elements += number == input() ? 0 : node.shape().size();
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
    private List<Node> poolsFirst(boolean[] needed) {
      int[] uses = new int[needed.length];
      for (int number = 0; number < needed.length; number++) {
        if (needed[number]) {
          nodes.get(number).inputs().forEach(input -> uses[input]++);
        }
      }
      List<Node> result = new ArrayList<>(nodes);
      for (int number = 0; number < needed.length; number++) {
        if (needed[number]) {
          movePoolForward(result, number, uses);
        }
      }
      return result;
    }

    private static void movePoolForward(List<Node> nodes, int number, int[] uses) {
      int place = number;
      while (nodes.get(place) instanceof LayerNode pool
          && pool.layer() instanceof MaxPool
          && uses[pool.input()] == 1
          && nodes.get(pool.input()) instanceof LayerNode before
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

    private static long scratch(Node node, List<Node> nodes) {
      return node instanceof LayerNode layer
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
