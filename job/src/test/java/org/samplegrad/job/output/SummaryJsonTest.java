package org.samplegrad.job.output;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.moments.ErrorBounds;
import org.samplegrad.core.moments.MomentStatistics;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.job.distributed.FunctionalResult;

class SummaryJsonTest {
  private static final ParameterLayout LAYOUT =
      new ParameterLayout(List.of("0.weight", "0.bias"), List.of(Shape.of(1, 2), Shape.of(1)));

  private static ParameterVector vector(double... values) {
    return new ParameterVector(LAYOUT, values);
  }

  private static Report report(ParameterVector mean, ParameterVector variance, double value) {
    MomentStatistics statistics = new MomentStatistics(5, 0.25, mean, variance);
    ErrorBounds bounds = statistics.cancellationBounds(Precision.FLOAT64).withGradient(1e-9);
    return report(statistics, bounds, value);
  }

  private static Report report(MomentStatistics statistics, ErrorBounds bounds, double value) {
    FunctionalResult result =
        new FunctionalResult(
            statistics, value, vector(6, 0, 8), bounds, 2, Precision.FLOAT64, "nd4j", 1.5, 2.5);
    return new Report(result, Reduction.MEAN, Map.of("model", "linear"), List.of("A note."));
  }

  private static JsonNode json(Report report) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    SummaryJson.write(report, bytes);
    return new ObjectMapper().readTree(bytes.toByteArray());
  }

  @Test
  void holdsEveryFieldOfTheContract() throws IOException {
    JsonNode root = json(report(vector(3, 4, 12), vector(1, 2, 0.5), 3.5));
    assertThat(root.get("n").intValue()).isEqualTo(5);
    assertThat(root.get("skipped_rows").intValue()).isEqualTo(2);
    assertThat(root.get("total_variance").doubleValue()).isEqualTo(3.5);
    assertThat(root.get("mean_gradient_norm").doubleValue()).isEqualTo(13);
    assertThat(root.get("total_variance_gradient_norm").doubleValue()).isEqualTo(10);
    assertThat(root.get("loss_mean").doubleValue()).isEqualTo(0.25);
    assertThat(root.get("relative_error_bound").doubleValue()).isBetween(0.0, 1e-12);
    assertThat(root.get("gradient_relative_error_bound").doubleValue()).isEqualTo(1e-9);
    assertThat(root.get("precision_used").textValue()).isEqualTo("float64");
    assertThat(root.get("backend").textValue()).isEqualTo("nd4j");
    assertThat(root.get("reduction").textValue()).isEqualTo("mean");
    assertThat(root.get("timings").get("moments_seconds").doubleValue()).isEqualTo(1.5);
    assertThat(root.get("timings").get("pullback_seconds").doubleValue()).isEqualTo(2.5);
    assertThat(root.get("versions").get("samplegrad").textValue()).matches("\\d+\\.\\d+\\.\\d+.*");
    assertThat(root.get("versions").get("spark").textValue()).startsWith("3.");
    assertThat(root.get("options").get("model").textValue()).isEqualTo("linear");
    assertThat(root.get("notes").get(0).textValue()).isEqualTo("A note.");
    JsonNode weight = root.get("parameters").get(0);
    assertThat(weight.get("name").textValue()).isEqualTo("0.weight");
    assertThat(weight.get("shape").toString()).isEqualTo("[1,2]");
    assertThat(weight.get("variance_sum").doubleValue()).isEqualTo(3);
    assertThat(weight.get("mean_gradient_norm").doubleValue()).isEqualTo(5);
    assertThat(weight.get("relative_error_bound").doubleValue()).isBetween(1e-16, 1e-12);
    assertThat(root.get("parameters")).hasSize(2);
  }

  @Test
  void aTotalVarianceThatIsRoundingIsZeroAndThatOfAParameterNull() throws IOException {
    Report report = report(vector(3, 4, 12), vector(1e-20, 0, 0), 1e-20);
    JsonNode root = json(report);
    assertThat(root.get("total_variance").doubleValue()).isZero();
    assertThat(root.get("relative_error_bound").doubleValue()).isGreaterThan(1);
    assertThat(root.get("parameters").get(0).get("variance_sum").isNull()).isTrue();
    assertThat(console(report)).contains("smaller than its rounding error", "only rounding");
  }

  @Test
  void aVarianceThatIsZeroIsReportedBesideOneThatIsRounding() throws IOException {
    MomentStatistics statistics =
        new MomentStatistics(5, 0.25, vector(3, 4, 0), vector(1e-9, 0, 0));
    ErrorBounds bounds = new ErrorBounds(1e-6, List.of(Double.POSITIVE_INFINITY, 0.0), Double.NaN);
    JsonNode root = json(report(statistics, bounds, 1e-9));
    assertThat(root.get("parameters").get(0).get("variance_sum").isNull()).isTrue();
    assertThat(root.get("parameters").get(0).get("relative_error_bound").isNull()).isTrue();
    assertThat(root.get("parameters").get(1).get("variance_sum").doubleValue()).isZero();
    assertThat(root.get("parameters").get(1).get("relative_error_bound").doubleValue()).isZero();
    assertThat(root.get("gradient_relative_error_bound").isNull()).isTrue();
  }

  private static String console(Report report) {
    StringWriter console = new StringWriter();
    new ConsoleReport(new PrintWriter(console)).summary(report);
    return console.toString();
  }

  @Test
  void anInfiniteBoundIsNull() throws IOException {
    JsonNode root = json(report(vector(3, 4, 12), vector(0, 0, 0), 0));
    assertThat(root.get("relative_error_bound").isNull()).isTrue();
  }

  @Test
  void theConsoleSummaryIsShort() {
    StringWriter console = new StringWriter();
    new ConsoleReport(new PrintWriter(console))
        .summary(report(vector(3, 4, 12), vector(1, 2, 0.5), 3.5));
    assertThat(console.toString()).contains("total variance", "3.5", "0.weight", "0.bias");
    assertThat(console.toString().lines()).hasSizeLessThan(13);
  }
}
