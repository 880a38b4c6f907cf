package org.samplegrad.core.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Shapes.sumAll;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.parameters.ParameterLayout;

/**
 * Layers of model files against PyTorch's modules: names, defaults, values and derivatives, also at
 * kinks and where exponentials overflow. {@code make_layer_cases.py} made the numbers.
 */
class LayersOfPyTorchTest {
  private static final double TOLERANCE_IN_FLOAT64 = 1e-12;
  private static final double TOLERANCE_IN_FLOAT32 = 2e-5;

  record Case(JsonNode node) {
    JsonNode model() {
      return node.get("model");
    }

    double[] numbers(String name) {
      return LayersOfPyTorchTest.numbers(node.get(name));
    }

    @Override
    public String toString() {
      return model().get("layers") + " on " + model().get("input");
    }
  }

  static List<Case> cases() throws IOException {
    try (InputStream stream =
        LayersOfPyTorchTest.class.getResourceAsStream("/layers/pytorch.json")) {
      List<Case> cases = new ArrayList<>();
      new JsonMapper().readTree(stream).forEach(node -> cases.add(new Case(node)));
      return cases;
    }
  }

  private static double[] numbers(JsonNode array) {
    return IntStream.range(0, array.size()).mapToDouble(i -> array.get(i).doubleValue()).toArray();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void valuesAndGradientsInFloat64(Case given) throws IOException {
    check(given, Precision.FLOAT64, TOLERANCE_IN_FLOAT64);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void valuesAndGradientsInFloat32(Case given) throws IOException {
    check(given, Precision.FLOAT32, TOLERANCE_IN_FLOAT32);
  }

  private static void check(Case given, Precision precision, double tolerance) throws IOException {
    Model model = ModelSpecTest.read(given.model().toString());
    assertThat(model.outputShape().extents())
        .containsExactly(
            IntStream.range(0, given.node().get("output_shape").size())
                .map(i -> given.node().get("output_shape").get(i).intValue())
                .toArray());
    double[] input = given.numbers("input");
    int samples = input.length / model.inputShape().size();
    try (Backend backend = Backends.open(Backends.AUTO, precision)) {
      Variable x = Variable.leaf(backend.tensor(model.inputShape().prepend(samples), input));
      List<Variable> parameters = parameters(given, model, backend);
      Variable y = model.forward(parameters, x).output();
      assertClose("output", y, given.numbers("output"), tolerance);

      Shape shape = model.outputShape().prepend(samples);
      Variable cotangent = Variable.constant(backend.tensor(shape, given.numbers("cotangent")));
      List<Variable> targets = new ArrayList<>(parameters);
      targets.add(x);
      List<Variable> gradients = Gradients.of(sumAll(multiply(cotangent, y)), targets);

      Variable ofInput = gradients.get(parameters.size());
      assertClose("input gradient", ofInput, given.numbers("input_gradient"), tolerance);
      for (int i = 0; i < parameters.size(); i++) {
        String name = model.parameters().entries().get(i).name();
        double[] expected = numbers(given.node().get("parameter_gradients").get(name));
        assertClose("gradient of " + name, gradients.get(i), expected, tolerance);
      }
      assertFinite(Gradients.constantsOf(sumAll(multiply(ofInput, ofInput)), targets));
    }
  }

  private static List<Variable> parameters(Case given, Model model, Backend backend) {
    List<ParameterLayout.Entry> entries = model.parameters().entries();
    JsonNode values = given.node().get("parameters");
    assertThat(entries).extracting(ParameterLayout.Entry::name).hasSize(values.size());
    return entries.stream()
        .map(
            entry ->
                Variable.leaf(backend.tensor(entry.shape(), numbers(values.get(entry.name())))))
        .toList();
  }

  /** Each element to a relative error of its own, beside one of a number near 1. */
  private static void assertClose(
      String what, Variable found, double[] expected, double tolerance) {
    double[] values = found.backend().toDoubles(found.value());
    assertThat(values).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(Math.abs(values[i] - expected[i]))
          .as("%s %d is %s, expected %s", what, i, values[i], expected[i])
          .isLessThanOrEqualTo(tolerance * (1 + Math.abs(expected[i])));
    }
  }

  private static void assertFinite(List<Variable> secondDerivatives) {
    for (Variable derivative : secondDerivatives) {
      double[] values = derivative.backend().toDoubles(derivative.value());
      assertThat(Arrays.stream(values).boxed().toList()).allMatch(Double::isFinite);
    }
  }
}
