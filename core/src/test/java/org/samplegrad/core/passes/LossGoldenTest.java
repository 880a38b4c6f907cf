package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.golden.Closeness;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.models.Model;
import org.samplegrad.core.models.ModelSpec;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.StandardFunctional;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * Both passes with every loss, option and reduction against the results of PyTorch, which {@code
 * src/test/python/make_loss_golden.py} computed in float64.
 */
class LossGoldenTest {
  private static final String FILE = "/golden/losses.json";

  private static JsonNode golden() throws IOException {
    try (InputStream stream = LossGoldenTest.class.getResourceAsStream(FILE)) {
      return new ObjectMapper().readTree(stream);
    }
  }

  static Stream<Arguments> casesAndReductions() throws IOException {
    JsonNode golden = golden();
    return IntStream.range(0, golden.get("cases").size())
        .boxed()
        .flatMap(
            i -> {
              JsonNode given = golden.get("cases").get(i);
              JsonNode model = golden.get("models").get(given.get("model").textValue());
              String name =
                  "%s %s of the %s"
                      .formatted(
                          given.get("loss").textValue(),
                          given.get("options"),
                          given.get("model").textValue());
              return Arrays.stream(Reduction.values())
                  .map(reduction -> Arguments.of(name, reduction, given, model));
            });
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("casesAndReductions")
  void bothPassesEqualPyTorch(String name, Reduction reduction, JsonNode given, JsonNode model)
      throws IOException {
    Objective objective = objective(given, model);
    ParameterVector parameters =
        new ParameterVector(objective.model().parameters(), numbers(model.get("parameters")));
    JsonNode expected = given.get(reduction.toString());
    for (Precision precision : Precision.values()) {
      boolean float64 = precision == Precision.FLOAT64;
      double valueTolerance = float64 ? 1e-10 : 1e-5;
      double gradientTolerance = float64 ? 1e-10 : 1e-4;

      TwoPasses found =
          TwoPasses.over(
              blocks(given, model, objective),
              objective,
              parameters,
              StandardFunctional.TOTAL_VARIANCE,
              reduction,
              precision);

      double variance = expected.get("total_variance").doubleValue();
      assertThat(found.value()).isCloseTo(variance, within(valueTolerance * variance));
      double loss = expected.get("loss_mean").doubleValue();
      assertThat(found.statistics().lossMean())
          .isCloseTo(loss, within(valueTolerance * Math.abs(loss)));
      Closeness.assertThat(found.statistics().meanGradient())
          .isCloseTo(vector(parameters, expected.get("mean_gradient")), gradientTolerance);
      Closeness.assertThat(found.gradient())
          .isCloseTo(
              vector(parameters, expected.get("total_variance_gradient")), gradientTolerance);
    }
  }

  private static Objective objective(JsonNode given, JsonNode model) throws IOException {
    byte[] spec = new ObjectMapper().writeValueAsBytes(model.get("spec"));
    Model described = ModelSpec.read("golden model", new ByteArrayInputStream(spec));
    Map<String, String> options = new HashMap<>();
    given
        .get("options")
        .fields()
        .forEachRemaining(field -> options.put(field.getKey(), field.getValue().textValue()));
    return new Objective(described, LossKind.named(given.get("loss").textValue()).create(options));
  }

  /** The samples in two blocks of unequal size. */
  private static List<Block> blocks(JsonNode given, JsonNode model, Objective objective) {
    JsonNode targets = given.get("targets");
    double[] inputs = numbers(model.get("inputs"));
    int size = objective.model().inputShape().size();
    List<Block> blocks = new ArrayList<>();
    int first = 0;
    for (int last : new int[] {2, targets.size()}) {
      double[] ofBlock =
          IntStream.range(first, last)
              .mapToObj(n -> numbers(targets.get(n)))
              .flatMapToDouble(Arrays::stream)
              .toArray();
      blocks.add(
          Block.of(
              last - first,
              objective.model().inputShape(),
              Arrays.copyOfRange(inputs, first * size, last * size),
              ofBlock));
      first = last;
    }
    return blocks;
  }

  private static ParameterVector vector(ParameterVector like, JsonNode numbers) {
    return new ParameterVector(like.layout(), numbers(numbers));
  }

  private static double[] numbers(JsonNode array) {
    return IntStream.range(0, array.size()).mapToDouble(i -> array.get(i).doubleValue()).toArray();
  }
}
