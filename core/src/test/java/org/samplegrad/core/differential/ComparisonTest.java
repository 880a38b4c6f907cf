package org.samplegrad.core.differential;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystem;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.differential.Comparison.Difference;
import org.samplegrad.core.moments.MomentStatistics;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.TwoPasses;

/** The judge is judged: right values pass, and a small error of any of them does not. */
class ComparisonTest {

  /** Errors a little above what each precision is allowed. */
  enum Judge {
    IN_FLOAT64(Precision.FLOAT64, 1e-8),
    IN_FLOAT32(Precision.FLOAT32, 1e-2);

    private final Precision precision;
    private final double error;

    Judge(Precision precision, double error) {
      this.precision = precision;
      this.error = error;
    }
  }

  /** Some model of which there is more than one sample. */
  private static RandomModel model(FileSystem sample) throws IOException {
    return RandomModel.in(sample).stream()
        .filter(model -> model.count() > 2 && model.sensitivity("gradient") < 1e-5)
        .filter(model -> model.text("data").equals("normal"))
        .findFirst()
        .orElseThrow();
  }

  private static long wrong(
      RandomModel model, Judge judge, double value, double gradient, double mean, double variance) {
    TwoPasses found =
        new TwoPasses(
            value * model.number("total_variance"),
            largestParameterTimes(gradient, model.expected("total_variance_gradient")),
            new MomentStatistics(
                model.count(),
                0,
                largestParameterTimes(mean, model.expected("mean_gradient")),
                largestParameterTimes(variance, model.expected("variance"))));
    return Comparison.of(model, found, judge.precision).stream()
        .filter(Difference::isWrong)
        .count();
  }

  private static ParameterVector largestParameterTimes(double factor, ParameterVector vector) {
    double[] values = vector.values();
    ParameterLayout.Entry largest = null;
    for (ParameterLayout.Entry entry : vector.layout().entries()) {
      if (largest == null || vector.norm(entry) > vector.norm(largest)) {
        largest = entry;
      }
    }
    for (int i = largest.offset(); i < largest.offset() + largest.size(); i++) {
      values[i] *= factor;
    }
    return new ParameterVector(vector.layout(), values);
  }

  @ParameterizedTest
  @EnumSource
  void errorsAreSeenWhereTheyAre(Judge judge) throws IOException {
    try (FileSystem sample = RandomModel.sample()) {
      RandomModel model = model(sample);
      double off = 1 + judge.error;
      assertThat(wrong(model, judge, 1, 1, 1, 1)).isZero();
      assertThat(wrong(model, judge, off, 1, 1, 1)).isOne();
      assertThat(wrong(model, judge, 1, off, 1, 1)).isOne();
      assertThat(wrong(model, judge, 1, 1, off, 1)).isOne();
      assertThat(wrong(model, judge, 1, 1, 1, off)).isOne();
      assertThat(wrong(model, judge, Double.NaN, 1, 1, 1)).isOne();
      assertThat(wrong(model, judge, 1, Double.NaN, 1, 1)).isOne();
    }
  }
}
