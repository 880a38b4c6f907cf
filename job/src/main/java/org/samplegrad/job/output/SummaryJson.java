package org.samplegrad.job.output;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/** {@code summary.json}: the report for programs. */
final class SummaryJson {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private static final String ERROR_BOUND = "relative_error_bound";

  private SummaryJson() {}

  static void write(Report report, OutputStream stream) throws IOException {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("n", report.statistics().count());
    root.put("skipped_rows", report.result().skippedRows());
    root.put("total_variance", report.totalVariance());
    root.put("mean_gradient_norm", report.statistics().meanGradient().norm());
    root.put("total_variance_gradient_norm", report.result().gradient().norm());
    for (Report.ParameterShare share : report.shares()) {
      ObjectNode parameter = root.withArray("parameters").addObject();
      parameter.put("name", share.name());
      Arrays.stream(share.shape()).forEach(parameter.putArray("shape")::add);
      putNumber(parameter, "variance_sum", share.varianceSum());
      parameter.put("mean_gradient_norm", share.meanGradientNorm());
      putNumber(parameter, ERROR_BOUND, share.errorBound());
    }
    root.put("loss_mean", report.statistics().lossMean());
    putNumber(root, ERROR_BOUND, report.errorBound());
    putNumber(root, "gradient_" + ERROR_BOUND, report.gradientErrorBound());
    root.put("precision_used", report.result().precision().toString());
    root.put("backend", report.result().backend());
    root.put("reduction", report.reduction().toString());
    ObjectNode timings = root.putObject("timings");
    timings.put("moments_seconds", report.result().momentsSeconds());
    timings.put("pullback_seconds", report.result().pullBackSeconds());
    Versions.all().forEach(root.putObject("versions")::put);
    report.options().forEach(root.putObject("options")::put);
    report.notes().forEach(root.putArray("notes")::add);
    MAPPER.writeValue(stream, root);
  }

  /** JSON has no infinity and no NaN: null where a number vanishes in rounding or is not known. */
  private static void putNumber(ObjectNode node, String name, double value) {
    node.put(name, Double.isFinite(value) ? (Double) value : null);
  }
}
