package org.samplegrad.core.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.parameters.ParameterLayout;

class ModelSpecTest {
  /** The example of the command line's documentation. */
  static final String MNIST_CNN =
      """
      {"input": [1, 28, 28], "layers": [{"conv2d": {"out": 5, "kernel": 5}}, "relu", \
      {"maxpool2d": {"kernel": 2}}, "flatten", {"linear": {"out": 10}}]}""";

  static Model read(String spec) throws IOException {
    return read(spec.getBytes(StandardCharsets.UTF_8));
  }

  static Model read(byte[] spec) throws IOException {
    return ModelSpec.read("model.json", new ByteArrayInputStream(spec));
  }

  private static double[] outputs(Model model, int samples) {
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      Shape shape = model.inputShape().prepend(samples);
      double[] values = new Random(0).doubles(shape.size(), -2, 2).toArray();
      List<Variable> parameters = model.initialParameters(0).variables(backend, Variable::constant);
      Variable input = Variable.constant(backend.tensor(shape, values));
      Variable output = model.forward(parameters, input).output();
      assertThat(output.shape()).isEqualTo(model.outputShape().prepend(samples));
      return backend.toDoubles(output.value());
    }
  }

  @Test
  void documentedSpecIsTheExampleModel() throws IOException {
    Model expected = ExampleModel.MNIST_CNN.create();
    Model found = read(MNIST_CNN);
    assertThat(found.inputShape()).isEqualTo(expected.inputShape());
    assertThat(found.outputShape()).isEqualTo(expected.outputShape());
    assertThat(found.parameters()).isEqualTo(expected.parameters());
    assertThat(found.elementsPerSample()).isEqualTo(expected.elementsPerSample());
    assertThat(outputs(found, 3)).containsExactly(outputs(expected, 3));
  }

  @Test
  void byteOrderMarkAndOtherUnicodeEncodingsAreRead() throws IOException {
    assertThat(read("\uFEFF" + MNIST_CNN).outputShape()).isEqualTo(Shape.of(10));
    assertThat(read(MNIST_CNN.getBytes(StandardCharsets.UTF_16BE)).outputShape())
        .isEqualTo(Shape.of(10));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "conv2d    | 'out': 4, 'kernel': 3                                | 4 7 9 | 4 2 3 3",
        "conv2d    | 'out': 4, 'kernel': [3, 2]                           | 4 7 10 | 4 2 3 2",
        "conv2d    | 'out': 4, 'kernel': 3, 'stride': 2                   | 4 4 5 | 4 2 3 3",
        "conv2d    | 'out': 4, 'kernel': 3, 'stride': [1, 3]              | 4 7 3 | 4 2 3 3",
        "conv2d    | 'out': 4, 'kernel': 3, 'padding': 1                  | 4 9 11 | 4 2 3 3",
        "conv2d    | 'out': 4, 'kernel': 3, 'padding': [0, 2]             | 4 7 13 | 4 2 3 3",
        "conv2d    | 'out': 4, 'kernel': 3, 'dilation': 2                 | 4 5 7 | 4 2 3 3",
        "conv2d    | 'out': 4, 'kernel': 3, 'dilation': [4, 1]            | 4 1 9 | 4 2 3 3",
        "conv2d    | 'out': 4, 'kernel': 3, 'groups': 2                   | 4 7 9 | 4 1 3 3",
        "conv2d    | 'out': 4, 'kernel': 3, 'bias': true                  | 4 7 9 | 4 2 3 3",
        "maxpool2d | 'kernel': 2                                          | 2 4 5 |",
        "maxpool2d | 'kernel': [2, 3]                                     | 2 4 3 |",
        "maxpool2d | 'kernel': 2, 'stride': 1                             | 2 8 10 |",
        "maxpool2d | 'kernel': 2, 'stride': 1, 'padding': [1, 0]          | 2 10 10 |",
        "maxpool2d | 'kernel': 2, 'stride': 1, 'dilation': [1, 5]         | 2 8 6 |",
      })
  void optionsOfImageLayers(String layer, String options, String output, String weight)
      throws IOException {
    Model model =
        read(
            "{\"input\": [2, 9, 11], \"layers\": [{\"%s\": {%s}}]}"
                .formatted(layer, options.replace('\'', '"')));
    assertThat(model.outputShape()).isEqualTo(shape(output));
    List<ParameterLayout.Entry> parameters = model.parameters().entries();
    if (weight == null) {
      assertThat(parameters).isEmpty();
    } else {
      assertThat(parameters)
          .extracting(ParameterLayout.Entry::name)
          .containsExactly("0.weight", "0.bias");
      assertThat(parameters)
          .extracting(ParameterLayout.Entry::shape)
          .containsExactly(shape(weight), Shape.of(4));
    }
    if (model.parameters().size() > 0) {
      assertThat(outputs(model, 2)).hasSize(2 * model.outputShape().size());
    }
  }

  private static Shape shape(String extents) {
    return Shape.of(
        List.of(extents.trim().split(" ")).stream().mapToInt(Integer::parseInt).toArray());
  }

  @ParameterizedTest
  @CsvSource({"[6], linear, out: 3", "[1 6 6], conv2d, out: 3; kernel: 2"})
  void biasIsOptional(String input, String layer, String options) throws IOException {
    String spec =
        "{\"input\": %s, \"layers\": [{\"%s\": {\"%s, \"bias\": false}}]}"
            .formatted(
                input.replace(' ', ','), layer, options.replace("; ", ", \"").replace(":", "\":"));
    assertThat(read(spec).parameters().entries())
        .extracting(ParameterLayout.Entry::name)
        .containsExactly("0.weight");
  }

  @Test
  void activationsKeepTheShape() throws IOException {
    for (String activation : List.of("relu", "tanh", "sigmoid")) {
      Model model = read("{\"input\": [2, 3], \"layers\": [\"%s\"]}".formatted(activation));
      assertThat(model.outputShape()).isEqualTo(Shape.of(2, 3));
      assertThat(model.parameters().size()).isZero();
    }
  }

  @Test
  void nameAloneAndEmptyOptionsAreTheSame() throws IOException {
    Model model = read("{\"input\": [2, 3], \"layers\": [{\"flatten\": {}}, {\"relu\": {}}]}");
    assertThat(model.outputShape()).isEqualTo(Shape.of(6));
  }
}
