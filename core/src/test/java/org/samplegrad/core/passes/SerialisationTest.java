package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.moments.Cotangents;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.StandardFunctional;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/** What crosses between machines arrives as it was sent. */
class SerialisationTest {

  @SuppressWarnings("unchecked")
  private static <T> T copy(T object) throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream stream = new ObjectOutputStream(bytes)) {
      stream.writeObject(object);
    }
    try (ObjectInputStream stream =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return (T) stream.readObject();
    }
  }

  @ParameterizedTest
  @MethodSource("org.samplegrad.core.passes.ObjectiveCase#every")
  void everyObjectiveAndItsParametersComputeTheSame(ObjectiveCase given)
      throws IOException, ClassNotFoundException {
    double[] results = new double[2];
    Objective[] objectives = {given.objective(), copy(given.objective())};
    ParameterVector[] parameters = {given.parameters(), copy(given.parameters())};
    Block[] blocks = {given.all(), copy(given.all())};
    for (int i = 0; i < 2; i++) {
      try (LocalBatch batch =
          new LocalBatch(
              objectives[i], parameters[i], blocks[i], Reduction.MEAN, Precision.FLOAT64)) {
        results[i] = batch.gradient(StandardFunctional.TOTAL_VARIANCE).norm();
      }
    }
    assertThat(results[0]).isPositive();
    assertThat(results[1]).isEqualTo(results[0]);
    assertThat(parameters[1].layout()).isEqualTo(parameters[0].layout());
    assertThat(objectives[1].target()).isEqualTo(objectives[0].target());
  }

  /** One number for all elements travels as one number, whichever bits it has. */
  @Test
  void aVectorOfOneNumber() throws IOException, ClassNotFoundException {
    ParameterLayout layout = new ParameterLayout(List.of("w"), List.of(Shape.of(1000)));
    for (double number : new double[] {0.1, -0.0, Double.NaN}) {
      double[] values = new double[layout.size()];
      Arrays.fill(values, number);
      assertThat(copy(new ParameterVector(layout, values)).values()).containsExactly(values);
      values[999] = number == 0 ? 0.0 : 7;
      assertThat(copy(new ParameterVector(layout, values)).values()).containsExactly(values);
    }
  }

  @ParameterizedTest
  @EnumSource
  void block(Precision precision) throws IOException, ClassNotFoundException {
    Block block = BlockTest.block(precision);
    Block copy = copy(block);
    assertThat(copy).hasToString(block.toString());
    assertThat(copy.targets()).isEqualTo(block.targets());
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      assertThat(backend.toDoubles(copy.inputs(backend)))
          .containsExactly(backend.toDoubles(block.inputs(backend)));
    }
  }

  @Test
  void cotangents() throws IOException, ClassNotFoundException {
    ObjectiveCase given = ObjectiveCase.examples().findFirst().orElseThrow();
    ParameterLayout layout = given.parameters().layout();
    Cotangents sent =
        new Cotangents(
            0.1,
            new ParameterVector(layout, new double[] {1, 2}),
            new ParameterVector(layout, new double[] {3, 4}));
    Cotangents received = copy(sent);
    assertThat(received.value()).isEqualTo(0.1);
    assertThat(received.sum().values()).containsExactly(1, 2);
    assertThat(received.squaredSum().values()).containsExactly(3, 4);
    assertThat(received.sum().layout()).isEqualTo(layout);
  }
}
