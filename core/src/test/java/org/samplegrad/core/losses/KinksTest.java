package org.samplegrad.core.losses;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Shapes;

/** Value and derivatives where a loss has a kink: what PyTorch gives for these residuals. */
class KinksTest {

  @ParameterizedTest
  @CsvSource({
    "l1,             , 0,    0,       0,    0",
    "l1,             , 0.5,  0.5,     1,    0",
    "l1,             , -0.5, 0.5,     -1,   0",
    "huber,     delta, 0,    0,       0,    1",
    "huber,     delta, 0.5,  0.125,   0.5,  0",
    "huber,     delta, -0.5, 0.125,   -0.5, 0",
    "huber,     delta, 0.25, 0.03125, 0.25, 1",
    "huber,     delta, 1,    0.375,   0.5,  0",
    "smooth-l1, beta,  0,    0,       0,    2",
    "smooth-l1, beta,  0.5,  0.25,    1,    0",
    "smooth-l1, beta,  -0.5, 0.25,    -1,   0",
    "smooth-l1, beta,  0.25, 0.0625,  0.5,  2"
  })
  void equalPyTorch(
      String kind, String bound, double residual, double value, double first, double second) {
    Map<String, String> options = bound == null ? Map.of() : Map.of(bound, "0.5");
    for (Precision precision : Precision.values()) {
      try (Backend backend = Backends.open(Backends.AUTO, precision)) {
        Variable prediction = Variable.leaf(backend.fill(Shape.of(1, 1), 3 + residual));
        Variable loss =
            LossKind.named(kind)
                .create(options)
                .losses(prediction, new Targets(new double[] {3}, 1));
        Variable gradient = Gradients.of(Shapes.sumAll(loss), List.of(prediction)).get(0);
        Variable curvature = Gradients.of(Shapes.sumAll(gradient), List.of(prediction)).get(0);

        assertThat(loss.item()).isEqualTo(value);
        assertThat(gradient.item()).isEqualTo(first);
        assertThat(curvature.item()).isEqualTo(second);
      }
    }
  }
}
