package org.samplegrad.core.models;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Combination;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.ParameterSpec;
import org.samplegrad.core.layers.ParametricLayer;
import org.samplegrad.core.ops.Shapes;
import org.samplegrad.core.persample.DenseGradient;

/** One value of a graph and how it is computed. */
sealed interface GraphNode extends Serializable {

  /** What a value is another for. */
  enum Dependence {
    NOTHING,
    PARAMETERS,
    SAMPLES
  }

  /** The shape of one sample's value. */
  Shape shape();

  /** The nodes it is computed from, all before it. */
  List<Integer> inputs();

  Dependence dependence();

  /** {@code [n, ...shape]}, or {@code [1, ...shape]} if it is the same for every sample. */
  Variable evaluate(GraphEvaluation evaluation);

  /** The samples. */
  record Input(Shape shape) implements GraphNode {
    @Override
    public List<Integer> inputs() {
      return List.of();
    }

    @Override
    public Dependence dependence() {
      return Dependence.SAMPLES;
    }

    @Override
    public Variable evaluate(GraphEvaluation evaluation) {
      return evaluation.input();
    }
  }

  record Constant(Shape shape, double[] values) implements GraphNode {
    @Override
    public List<Integer> inputs() {
      return List.of();
    }

    @Override
    public Dependence dependence() {
      return Dependence.NOTHING;
    }

    @Override
    public Variable evaluate(GraphEvaluation evaluation) {
      return Variable.constant(evaluation.input().backend().tensor(shape.prepend(1), values));
    }
  }

  /** A parameter as a value, for use in any computation. */
  record Parameter(String name, Shape shape) implements GraphNode {
    @Override
    public List<Integer> inputs() {
      return List.of();
    }

    @Override
    public Dependence dependence() {
      return Dependence.PARAMETERS;
    }

    @Override
    public Variable evaluate(GraphEvaluation evaluation) {
      return evaluation.parameter(name, shape);
    }
  }

  /**
   * What is computed from parameters alone, as a value of every sample: the gradient for one sample
   * is that of the sample's own copy.
   */
  record Copies(int source, Shape shape) implements GraphNode {
    @Override
    public List<Integer> inputs() {
      return List.of(source);
    }

    @Override
    public Dependence dependence() {
      return Dependence.SAMPLES;
    }

    @Override
    public Variable evaluate(GraphEvaluation evaluation) {
      Variable copies = evaluation.ofEachSample(evaluation.value(source));
      evaluation.use(
          evaluation.input(),
          copies,
          (input, gradient) -> List.of(new DenseGradient(gradient)),
          List.of(new Weight.Computed(source)));
      return copies;
    }
  }

  /** What a layer takes as one of its parameters. */
  sealed interface Weight extends Serializable {
    /** A parameter of the model, in the layer's shape. */
    record Named(String parameter) implements Weight {}

    /** A value that no sample takes part in. */
    record Computed(int node) implements Weight {}
  }

  /** A layer's output. */
  record OfLayer(
      Layer layer, ArrayList<Weight> weights, int input, Shape shape, Dependence dependence)
      implements GraphNode {
    @Override
    public List<Integer> inputs() {
      Stream<Integer> computed =
          weights.stream()
              .map(weight -> weight instanceof Weight.Computed c ? c.node() : null)
              .filter(Objects::nonNull);
      return Stream.concat(Stream.of(input), computed).toList();
    }

    /** The parameters that the layer itself takes. */
    List<String> parameters() {
      return weights.stream()
          .map(weight -> weight instanceof Weight.Named named ? named.parameter() : null)
          .filter(Objects::nonNull)
          .toList();
    }

    OfLayer over(int otherInput, Shape outputShape) {
      return new OfLayer(layer, weights, otherInput, outputShape, dependence);
    }

    @Override
    public Variable evaluate(GraphEvaluation evaluation) {
      Variable x = evaluation.value(input);
      List<ParameterSpec> specs = layer.parameters();
      List<Variable> values = new ArrayList<>();
      for (int i = 0; i < weights.size(); i++) {
        values.add(
            weights.get(i) instanceof Weight.Computed computed
                ? Shapes.reshape(evaluation.value(computed.node()), specs.get(i).shape())
                : evaluation.parameter(((Weight.Named) weights.get(i)).parameter()));
      }
      if (!(layer instanceof ParametricLayer parametric) || !evaluation.isDifferentiated(weights)) {
        return layer.forward(values, x);
      }
      Variable ofEachSample = evaluation.ofEachSample(x);
      Variable y = layer.forward(values, ofEachSample);
      evaluation.use(ofEachSample, y, parametric::perSampleGradients, weights);
      return y;
    }
  }

  record OfCombination(
      Combination combination, ArrayList<Integer> inputs, Shape shape, Dependence dependence)
      implements GraphNode {
    @Override
    public Variable evaluate(GraphEvaluation evaluation) {
      return combination.forward(inputs.stream().map(evaluation::value).toList());
    }
  }
}
