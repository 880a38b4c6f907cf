package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.moments.Cotangents;
import org.samplegrad.core.moments.MomentStatistics;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.StandardFunctional;
import org.samplegrad.core.moments.VarianceDetail;
import org.samplegrad.core.parameters.ParameterLayout;

/** Second moments of parameters give what those of their elements add up to. */
class VarianceDetailTest {
  private static final double TOLERANCE = 1e-10;

  static Stream<ObjectiveCase> cases() {
    return ObjectiveCase.every();
  }

  private record Result(MomentStatistics statistics, double value, double[] gradient) {}

  private static Result of(ObjectiveCase given, VarianceDetail detail, Reduction reduction) {
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      Moments moments = Moments.empty(given.parameters().layout(), detail);
      new MomentsPass(given.objective(), given.parameters(), backend).add(given.all(), moments);
      Cotangents cotangents =
          Cotangents.of(StandardFunctional.TOTAL_VARIANCE, moments, reduction, backend);
      double[] gradient = new double[given.parameters().layout().size()];
      new PullBackPass(given.objective(), given.parameters(), cotangents, backend)
          .add(given.all(), gradient);
      return new Result(MomentStatistics.of(moments, reduction), cotangents.value(), gradient);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void parametersHaveTheSumsOfTheirElements(ObjectiveCase given) {
    for (Reduction reduction : Reduction.values()) {
      Result elements = of(given, VarianceDetail.ELEMENTS, reduction);
      Result parameters = of(given, VarianceDetail.PARAMETERS, reduction);

      assertThat(elements.statistics().hasVarianceOfElements()).isTrue();
      assertThat(parameters.statistics().hasVarianceOfElements()).isFalse();
      assertThat(parameters.value())
          .isCloseTo(elements.value(), within(TOLERANCE * elements.value()));
      double largest = 0;
      for (double value : elements.gradient()) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertThat(parameters.gradient())
          .containsExactly(elements.gradient(), within(TOLERANCE * largest));
      int i = 0;
      for (ParameterLayout.Entry entry : given.parameters().layout().entries()) {
        assertThat(parameters.statistics().variance().value(i++))
            .isCloseTo(
                elements.statistics().variance().sum(entry), within(TOLERANCE * elements.value()));
      }
    }
  }
}
