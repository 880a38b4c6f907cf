package org.samplegrad.core.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.layers.Activation;
import org.samplegrad.core.layers.Arithmetic;
import org.samplegrad.core.layers.AveragePool;
import org.samplegrad.core.layers.Concatenation;
import org.samplegrad.core.layers.Convolution;
import org.samplegrad.core.layers.Flatten;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.layers.MaxPool;
import org.samplegrad.core.layers.ParameterSpec;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/** What a graph does beside the layers in it; its gradients are checked with the passes. */
class GraphTest {
  private static final Shape VECTOR = Shape.of(2);
  private static final Linear SQUARE = new Linear(2, 2, false);
  private static final Shape LINE = Shape.of(1, 4);
  private static final Window PAIRS = Window.ofKernel(2).withStride(2);
  private static final MaxPool POOL = new MaxPool(PAIRS);

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open(Backends.AUTO, Precision.FLOAT64);
  }

  @AfterEach
  void close() {
    backend.close();
  }

  /** The output on two samples {@code (1, 2)} and {@code (3, 4)}. */
  private double[] output(Graph graph, double... parameters) {
    List<Variable> values =
        new ParameterVector(graph.parameters(), parameters).variables(backend, Variable::leaf);
    Variable input = Variable.constant(backend.tensor(Shape.of(2, 2), new double[] {1, 2, 3, 4}));
    Variable output = graph.forward(values, input).output();
    assertThat(output.shape()).isEqualTo(graph.outputShape().prepend(2));
    return backend.toDoubles(output.value());
  }

  private static List<String> names(Graph graph) {
    return graph.parameters().entries().stream().map(ParameterLayout.Entry::name).toList();
  }

  @Test
  void aValueMayBeUsedTwice() {
    Graph.Builder builder = Graph.builder(VECTOR);
    int hidden = builder.apply(SQUARE, List.of("weight"), builder.input());
    Graph graph = builder.build(builder.combine(Arithmetic.ADD, hidden, builder.input()));

    assertThat(output(graph, 0, 1, 1, 0)).containsExactly(3, 3, 7, 7);
  }

  /** As in {@code Sequential}, where a max pool after a ReLU is computed before it. */
  @Test
  void aReluTakesOnlyWhatAMaxPoolLeaves() {
    Graph.Builder builder = Graph.builder(LINE);
    int relu = builder.apply(Activation.RELU, List.of(), builder.input());
    int pool = builder.apply(POOL, List.of(), relu);

    assertThat(pooledLine(builder.build(pool))).containsExactly(2, 0, 3, 1);
    assertThat(builder.build(pool).elementsPerSample()).isEqualTo(4 + 2 + 2);
    assertThat(builder.shape(relu)).isEqualTo(LINE);
  }

  /** The bias of a convolution and a ReLU are left with one element of two each. */
  @Test
  void aMaxPoolComesBeforeAllThatKeepsTheOrder() {
    Graph.Builder builder = Graph.builder(LINE);
    Layer convolution = new Convolution(1, 2, Window.ofKernel(1), 1, true);
    int product = builder.apply("conv", convolution, builder.input());
    int relu = builder.apply(Activation.RELU, List.of(), product);
    Graph graph = builder.build(builder.apply(POOL, List.of(), relu));
    List<Variable> parameters =
        List.of(
            Variable.leaf(backend.tensor(Shape.of(2, 1, 1), new double[] {1, -1})),
            Variable.leaf(backend.tensor(Shape.of(2), new double[] {1, -2})));

    ForwardTrace trace = graph.forward(parameters, Variable.constant(line(-1, 2, -3, -4)));

    assertThat(backend.toDoubles(trace.output().value())).containsExactly(3, 0, 0, 2);
    assertThat(graph.elementsPerSample()).isEqualTo(4 + 2 * 4 + 2 * 2 + 2 * 2 + 2 * 2);
    assertThat(trace.uses().stream().map(ForwardTrace.LayerUse::parameters))
        .containsExactly(List.of(0), List.of(1));
  }

  private Tensor line(double... values) {
    return backend.tensor(LINE.prepend(1), values);
  }

  @Test
  void aReluThatIsUsedElsewhereStaysBeforeTheMaxPool() {
    Graph.Builder builder = Graph.builder(LINE);
    int relu = builder.apply(Activation.RELU, List.of(), builder.input());
    int pool = builder.apply(POOL, List.of(), relu);
    int total = builder.apply(new AveragePool(PAIRS, true), List.of(), relu);
    Graph graph = builder.build(builder.combine(Arithmetic.SUBTRACT, pool, total));

    assertThat(graph.elementsPerSample()).isEqualTo(4 + 4 + 2 + 2 + 2);
    assertThat(pooledLine(graph)).containsExactly(1, 0, 1.5, 0.5);
  }

  /** The output on two samples of one channel. */
  private double[] pooledLine(Graph graph) {
    double[] lines = {-1, 2, -3, -4, 3, -5, -6, 1};
    Variable input = Variable.constant(backend.tensor(LINE.prepend(2), lines));
    return backend.toDoubles(graph.forward(List.of(), input).output().value());
  }

  @Test
  void aNameUsedAgainIsTheSameParameter() {
    Graph.Builder builder = Graph.builder(VECTOR);
    int once = builder.apply(SQUARE, List.of("weight"), builder.input());
    Graph graph = builder.build(builder.apply(SQUARE, List.of("weight"), once));

    assertThat(names(graph)).containsExactly("weight");
    assertThat(output(graph, 0, 2, 1, 0)).containsExactly(2, 4, 6, 8);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.apply(new Linear(2, 3, false), List.of("weight"), once))
        .withMessageContaining("'weight' has the shape [2, 2]")
        .withMessageContaining("[3, 2]");
  }

  @Test
  void aParameterIsAValueOfEverySample() {
    Graph.Builder builder = Graph.builder(VECTOR);
    int scale = builder.parameter("scale", VECTOR, 1);
    int scaled = builder.combine(Arithmetic.MULTIPLY, builder.input(), scale);
    int shift = builder.parameter(new ParameterSpec("shift", Shape.scalar(), 3, 0));
    Graph graph = builder.build(builder.combine(Arithmetic.ADD, scaled, shift));

    assertThat(output(graph, 10, 100, 0.5)).containsExactly(10.5, 200.5, 30.5, 400.5);
    assertThat(builder.parameter("scale", VECTOR, 1)).isEqualTo(scale);
    assertThat(graph.initialParameters(5).value(2)).isEqualTo(3);
  }

  @Test
  void aConstantIsNoParameter() {
    Graph.Builder builder = Graph.builder(VECTOR);
    int constant = builder.constant(Shape.of(1, 2), new double[] {10, 20});
    int flat = builder.apply(new Flatten(), List.of(), constant);
    int moved = builder.apply(SQUARE, List.of("weight"), flat);
    Graph graph =
        builder.build(
            builder.combine(
                new Concatenation(0),
                builder.combine(Arithmetic.ADD, moved, builder.input()),
                flat));

    assertThat(names(graph)).containsExactly("weight");
    assertThat(output(graph, 1, 0, 0, -1)).containsExactly(11, -18, 10, 20, 13, -16, 10, 20);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.constant(VECTOR, new double[3]))
        .withMessageContaining("3 values");
  }

  @Test
  void anOutputThatIsTheSameForEverySampleIsRepeated() {
    Graph.Builder builder = Graph.builder(VECTOR);
    int constant = builder.constant(VECTOR, new double[] {5, 6});
    Graph graph = builder.build(builder.apply(Activation.RELU, List.of(), constant));

    assertThat(output(graph)).containsExactly(5, 6, 5, 6);
  }

  @Test
  void whatDoesNotLeadToTheOutputIsLeftOut() {
    Graph.Builder builder = Graph.builder(VECTOR);
    int used = builder.apply(SQUARE, List.of("weight"), builder.input());
    builder.apply(Activation.TANH, List.of(), used);
    builder.constant(Shape.of(1000), new double[1000]);
    Graph graph = builder.build(builder.apply(Activation.RELU, List.of(), used));

    assertThat(graph.elementsPerSample()).isEqualTo(2 + 2 + 2);
    assertThat(output(graph, 1, 0, 0, 1)).containsExactly(1, 2, 3, 4);
  }

  @Test
  void aParameterThatDoesNotLeadToTheOutputIsRefused() {
    Graph.Builder builder = Graph.builder(VECTOR);
    builder.apply(SQUARE, List.of("lost"), builder.input());
    int used = builder.apply(SQUARE, List.of("weight"), builder.input());

    assertThatThrownBy(() -> builder.build(used))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("[lost]");
  }

  @Test
  void parametersComeInTheOrderOfFirstUseOrInTheOneGiven() {
    Graph.Builder builder = Graph.builder(VECTOR);
    int first = builder.apply(new Linear(2, 2, true), List.of("b", "a"), builder.input());
    int second = builder.apply(SQUARE, List.of("c"), first);

    assertThat(names(builder.build(second))).containsExactly("b", "a", "c");
    assertThat(names(builder.parameterOrder(List.of("a", "b", "c")).build(second)))
        .containsExactly("a", "b", "c");
    assertThat(output(builder.build(second), 1, 2, 1, 0, 0, 1, 1, 0, 0, 1))
        .containsExactly(2, 4, 4, 6);
    assertThatThrownBy(() -> builder.parameterOrder(List.of("a", "b")).build(second))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("[a, b]");
    assertThatThrownBy(() -> builder.parameterOrder(List.of("a", "a", "b")).build(second))
        .isInstanceOf(UnusableModelException.class);
  }

  @Test
  void shapesAreKnownWhileItIsBuilt() {
    Graph.Builder builder = Graph.builder(Shape.of(2, 3));
    int flat = builder.apply(new Flatten(), List.of(), builder.input());

    assertThat(builder.shape(builder.input())).isEqualTo(Shape.of(2, 3));
    assertThat(builder.shape(flat)).isEqualTo(Shape.of(6));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.apply(SQUARE, List.of("weight"), flat))
        .withMessageContaining("[6]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.apply(new Linear(6, 1, true), List.of("weight"), flat))
        .withMessageContaining("2 parameters");
    assertThatThrownBy(() -> builder.apply("fc", SQUARE, flat))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("Layer fc: ");
  }

  @Test
  void constantsAreCopied() {
    double[] values = {5, 6};
    Graph.Builder builder = Graph.builder(VECTOR);
    int sum = builder.combine(Arithmetic.ADD, builder.input(), builder.constant(VECTOR, values));
    Graph graph = builder.build(sum);
    values[0] = 100;

    assertThat(output(graph)).containsExactly(new double[] {6, 8, 8, 10}, within(0.0));
  }
}
