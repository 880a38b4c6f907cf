package org.samplegrad.core.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2 9     | conv1d    | 'out': 4, 'kernel': 3, 'padding': [[2, 0]] | 4 9     | weight 4 2 3, bias 4",
        "2 3 4 5 | conv3d    | 'out': 2, 'kernel': [1, 2, 3]              | 2 3 3 3 | weight 2 2 1 2 3, bias 2",
        "2 9 9   | conv2d    | 'out': 2, 'kernel': 3, 'padding': [[0, 1], [2, 0]] | 2 8 9 | weight 2 2 3 3, bias 2",
        "2 9     | maxpool1d | 'kernel': 2, 'ceil_mode': true             | 2 5     |",
        "2 3 4 5 | maxpool3d | 'kernel': [1, 2, 5]                        | 2 3 2 1 |",
        "2 9     | avgpool1d | 'kernel': 2, 'count_include_pad': false    | 2 4     |",
        "2 9 9   | avgpool2d | 'kernel': 3, 'stride': 2, 'padding': 1     | 2 5 5   |",
        "2 3 4 4 | avgpool3d | 'kernel': 2                                | 2 1 2 2 |",
        "2 9 7   | globalavgpool |                                        | 2 1 1   |",
        "2 9     | globalavgpool |                                        | 2 1     |",
        "2 9 7   | flatten   | 'start_axis': 1                            | 2 63    |",
        "2 9 7   | flatten   | 'end_axis': 1                              | 18 7    |",
        "2 9 7   | linear    | 'out': 4                                   | 2 9 4   | weight 4 7, bias 4",
        "5       | batchnorm1d |                                          | 5       | weight 5, bias 5",
        "2 3     | batchnorm1d | 'running_mean': [1, -0.5], 'running_var': [2, 3] | 2 3 | weight 2, bias 2",
        "2 3 4   | batchnorm2d | 'affine': false, 'eps': 0.1              | 2 3 4   |",
        "2 3 4 5 | batchnorm3d |                                          | 2 3 4 5 | weight 2, bias 2",
        "2 3     | layernorm |                                            | 2 3     | weight 3, bias 3",
        "2 3     | layernorm | 'axes': 2, 'bias': false                   | 2 3     | weight 2 3",
        "2 3     | layernorm | 'elementwise_affine': false                | 2 3     |",
        "4 3     | groupnorm | 'groups': 2                                | 4 3     | weight 4, bias 4",
        "4 3     | instancenorm1d |                                       | 4 3     |",
        "4 3 3   | instancenorm2d | 'affine': true                        | 4 3 3   | weight 4, bias 4",
        "4 3 3 2 | instancenorm3d |                                       | 4 3 3 2 |",
        "4 3     | leakyrelu | 'negative_slope': 0.2                      | 4 3     |",
        "4 3     | prelu     |                                            | 4 3     | weight 1",
        "4 3     | prelu     | 'num_parameters': 4                        | 4 3     | weight 4",
        "4 3     | elu       | 'alpha': 0.5                               | 4 3     |",
        "4 3     | celu      | 'alpha': 0.5                               | 4 3     |",
        "4 3     | gelu      | 'approximate': 'tanh'                      | 4 3     |",
        "4 3     | softplus  | 'beta': 2, 'threshold': 3                  | 4 3     |",
        "4 3     | hardtanh  | 'min_val': -2, 'max_val': 0.5              | 4 3     |",
        "4 3     | clamp     | 'min': 0                                   | 4 3     |",
        "4 3     | pow       | 'exponent': 2                              | 4 3     |",
        "4 3     | softmax   | 'axis': 0                                  | 4 3     |",
        "4 3     | logsoftmax |                                           | 4 3     |",
        "4 3     | reshape   | 'shape': [2, -1]                           | 2 6     |",
        "4 3 2   | permute   | 'axes': [1, 2, 0]                          | 3 2 4   |",
        "4 3     | slice     | 'axis': 1, 'from': 1, 'to': 3              | 4 2     |",
        "4 3     | pad       | 'axis': -1, 'before': 1, 'after': 2        | 4 6     |",
        "4 3 2   | mean      | 'axes': [1, 2]                             | 4       |",
        "4 3 2   | sum       | 'axes': [1], 'keep_axes': true             | 4 1 2   |",
        "4 3 2   | norm      | 'axes': [-1]                               | 4 3     |",
        "4 3     | dropout   | 'p': 0.3                                   | 4 3     |",
        "4 3     | identity  |                                            | 4 3     |",
        "4 3     | hardswish |                                            | 4 3     |",
      })
  void layers(String input, String layer, String options, String output, String parameters)
      throws IOException {
    String own = options == null ? "" : options.replace('\'', '"');
    Model model =
        read("{\"input\": %s, \"layers\": [{\"%s\": {%s}}]}".formatted(shape(input), layer, own));

    assertThat(model.outputShape()).isEqualTo(shape(output));
    assertThat(
            model.parameters().entries().stream()
                .map(entry -> entry.name() + extents(entry.shape()))
                .collect(Collectors.joining(", ")))
        .isEqualTo(parameters == null ? "" : ("0." + parameters).replace(", ", ", 0."));
    if (model.parameters().size() > 0) {
      assertThat(outputs(model, 2)).hasSize(2 * model.outputShape().size());
    }
  }

  private static String extents(Shape shape) {
    return Arrays.stream(shape.extents())
        .mapToObj(extent -> " " + extent)
        .collect(Collectors.joining());
  }

  private static final String RESIDUAL =
      """
      {"input": [2, 6, 6], "layers": ["relu",
        {"residual": {
          "layers": [
            {"conv2d": {"out": 4, "kernel": 3, "padding": 1}},
            {"residual": {"layers": [{"batchnorm2d": {}}, "relu"]}}],
          "shortcut": [{"conv2d": {"out": 4, "kernel": 1, "bias": false}}]}},
        "flatten", {"linear": {"out": 3}}]}""";

  @Test
  void residualBlocksAreNamedAsNestedSequentials() throws IOException {
    Model model = read(RESIDUAL);

    assertThat(model.outputShape()).isEqualTo(Shape.of(3));
    assertThat(model.parameters().entries())
        .extracting(ParameterLayout.Entry::name)
        .containsExactly(
            "1.layers.0.weight",
            "1.layers.0.bias",
            "1.layers.1.layers.0.weight",
            "1.layers.1.layers.0.bias",
            "1.shortcut.0.weight",
            "3.weight",
            "3.bias");
    assertThat(outputs(model, 2)).hasSize(6);
  }

  @Test
  void aResidualBlockAddsItsInput() throws IOException {
    String twice = "{\"residual\": {\"layers\": [\"identity\"], \"shortcut\": []}}";
    Model plain = read("{\"input\": [3], \"layers\": [{\"linear\": {\"out\": 2}}]}");
    Model doubled =
        read("{\"input\": [3], \"layers\": [{\"linear\": {\"out\": 2}}, %s]}".formatted(twice));

    double[] expected = Arrays.stream(outputs(plain, 2)).map(x -> 2 * x).toArray();
    assertThat(outputs(doubled, 2)).containsExactly(expected);
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
