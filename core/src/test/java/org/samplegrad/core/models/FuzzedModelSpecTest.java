package org.samplegrad.core.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.Size;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.layers.LayerKind;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.passes.Objective;

/** Whatever bytes a model file holds, reading gives a usable model or an UnusableModelException. */
class FuzzedModelSpecTest {
  private static final List<String> OPTIONS =
      List.of(
          ("kernel stride padding dilation groups bias out ceil_mode count_include_pad axis axes"
                  + " shape from to before after keep_axes eps affine running_mean running_var"
                  + " exponent min max alpha beta num_parameters approximate start_axis end_axis")
              .split(" "));

  private static void read(byte[] bytes) throws IOException {
    try {
      Model model = ModelSpecTest.read(bytes);
      assertThat(model.outputShape().size()).isPositive();
      assertThat(model.elementsPerSample()).isPositive();
      for (Precision precision : Precision.values()) {
        assertThat(
                new Objective(model, LossKind.named("mse").create())
                    .blockSize(Backends.provider(Backends.AUTO, precision), precision))
            .isBetween(1, 1024);
      }
    } catch (UnusableModelException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @Property(tries = 1000)
  void randomBytes(@ForAll @Size(max = 40) byte[] bytes) throws IOException {
    read(bytes);
  }

  /** One replaced, inserted or left out byte. */
  @Property(tries = 2000)
  void mutatedBytes(@ForAll("mutations") Mutation mutation) throws IOException {
    byte[] valid = ModelSpecTest.MNIST_CNN.getBytes(StandardCharsets.UTF_8);
    read(mutation.of(valid));
  }

  @Provide
  Arbitrary<Mutation> mutations() {
    return Mutation.arbitrary(ModelSpecTest.MNIST_CNN.length());
  }

  /** Well-formed JSON with layers in any order and numbers at the limits. */
  @Property(tries = 2000)
  void layersInAnyOrderWithExtremeNumbers(@ForAll("specs") String spec) throws IOException {
    read(spec.getBytes(StandardCharsets.UTF_8));
  }

  @Provide
  Arbitrary<String> specs() {
    Arbitrary<List<String>> input = number().list().ofMinSize(1).ofMaxSize(4);
    Arbitrary<List<String>> layers = block(2).list().ofMinSize(1).ofMaxSize(5);
    return Combinators.combine(input, layers)
        .as((shape, list) -> "{\"input\": %s, \"layers\": %s}".formatted(shape, list));
  }

  /** A layer, or a residual block of layers and blocks. */
  private static Arbitrary<String> block(int depth) {
    if (depth == 0) {
      return layer();
    }
    Arbitrary<List<String>> inner = block(depth - 1).list().ofMaxSize(3);
    Arbitrary<String> residual =
        Combinators.combine(inner, inner)
            .as("{\"residual\": {\"layers\": %s, \"shortcut\": %s}}"::formatted);
    return Arbitraries.frequencyOf(Tuple.of(5, layer()), Tuple.of(1, residual));
  }

  private static Arbitrary<String> layer() {
    List<String> known = new ArrayList<>(LayerKind.names());
    known.addAll(List.of("conv2d", "maxpool2d", "linear", "flatten", "residual", "x"));
    Arbitrary<String> names = Arbitraries.of(known);
    Arbitrary<String> options = Arbitraries.of(OPTIONS);
    Arbitrary<String> values = Arbitraries.frequencyOf(Tuple.of(9, number()), Tuple.of(1, odd()));
    Arbitrary<String> objects =
        Arbitraries.maps(options, values)
            .ofMaxSize(4)
            .map(
                map ->
                    map.entrySet().stream()
                        .map(e -> "\"%s\": %s".formatted(e.getKey(), e.getValue()))
                        .collect(Collectors.joining(", ", "{", "}")));
    Arbitrary<String> likely =
        Combinators.combine(number(), number(), number(), number())
            .as(
                (out, kernel, padding, groups) ->
                    "{\"conv2d\": {\"out\": %s, \"kernel\": %s, \"padding\": %s, \"groups\": %s}}"
                        .formatted(out, kernel, padding, groups));
    return Arbitraries.oneOf(
        likely,
        names.map("\"%s\""::formatted),
        Combinators.combine(names, objects).as("{\"%s\": %s}"::formatted));
  }

  private static Arbitrary<String> number() {
    return Arbitraries.of(
        "1",
        "2",
        "3",
        "4",
        "6",
        "8",
        "28",
        "181",
        "1024",
        "46340",
        "65536",
        "1000000",
        "1073741824",
        "2147483647");
  }

  private static Arbitrary<String> odd() {
    return Arbitraries.of(
        "0",
        "-1",
        "null",
        "true",
        "[]",
        "[2, 3]",
        "[[0, 1], [2, 0]]",
        "[-1, 0]",
        "0.5",
        "false",
        "{}",
        "1.5",
        "\"1\"",
        "-2147483648",
        "1e400");
  }
}
