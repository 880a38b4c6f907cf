package org.samplegrad.core.parameters;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Shape;

class ParameterVectorTest {
  private static final int SIZE = 1000;

  private static byte[] written(double... values) throws IOException {
    ParameterLayout layout = new ParameterLayout(List.of("w"), List.of(Shape.of(values.length)));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(new ParameterVector(layout, values));
    }
    return bytes.toByteArray();
  }

  private static double[] read(byte[] bytes) throws IOException, ClassNotFoundException {
    try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
      return ((ParameterVector) in.readObject()).values();
    }
  }

  @Test
  void oneNumberEverywhereTravelsAsThatNumber() throws IOException, ClassNotFoundException {
    double[] values = new double[SIZE];
    Arrays.fill(values, 0.3);
    byte[] bytes = written(values);
    assertThat(bytes.length).isLessThan(SIZE * Double.BYTES / 2);
    assertThat(read(bytes)).isEqualTo(values);
  }

  @Test
  void anotherNumberAnywhereArrives() throws IOException, ClassNotFoundException {
    for (int other = 0; other < 5; other++) {
      double[] values = {0.3, 0.3, 0.3, 0.3, 0.3};
      values[other] = 0.25;
      assertThat(read(written(values))).isEqualTo(values);
    }
    double[] zeros = {0.0, -0.0, 0.0};
    assertThat(read(written(zeros))).isEqualTo(zeros);
    assertThat(read(written())).isEmpty();
  }
}
