package org.samplegrad.job.output;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.job.distributed.PassListener;

/** The report for people, and how far the job has come. */
public final class ConsoleReport implements PassListener {
  private static final int MOST_PARAMETERS = 8;

  private final PrintWriter out;

  public ConsoleReport(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void passStarted(String pass, String over, Precision precision) {
    print("%s over %s in %s ...", pass, over, precision);
  }

  @Override
  public void passEnded(String pass, double seconds) {
    print("%s done in %.2f s", pass, seconds);
  }

  @Override
  public void repeatsInFloat64(String what, double relativeErrorBound) {
    print(
        "In float32 the %s may be wrong by %s of its size: repeating in float64",
        what,
        Double.isFinite(relativeErrorBound)
            ? String.format(Locale.ROOT, "%.2g", relativeErrorBound)
            : "all");
  }

  /** A dozen lines, more only for models of many parameters. */
  public void summary(Report report) {
    print("");
    print("samples                        %,d%s", report.statistics().count(), skipped(report));
    print("mean loss                      %.6g", report.statistics().lossMean());
    print("norm of the mean gradient      %.6g", report.statistics().meanGradient().norm());
    print("total variance                 %s", variance(report));
    print("norm of its gradient           %s", gradient(report));
    List<Report.ParameterShare> all = report.shares();
    List<Report.ParameterShare> shares = all.stream().limit(MOST_PARAMETERS).toList();
    int width = Math.max(9, shares.stream().mapToInt(s -> s.name().length()).max().orElse(0));
    String row = "  %-" + width + "s  %-18s  %14s  %18s";
    print(row, "parameter", "shape", "variance", "mean gradient norm");
    for (Report.ParameterShare share : shares) {
      print(
          row,
          share.name(),
          Arrays.toString(share.shape()),
          variance(share),
          String.format(Locale.ROOT, "%.6g", share.meanGradientNorm()));
    }
    int more = all.size() - shares.size();
    if (more > 0) {
      print("  and %d more, listed in summary.json", more);
    }
  }

  private static String skipped(Report report) {
    long rows = report.result().skippedRows();
    return rows == 0
        ? ""
        : String.format(Locale.ROOT, " (%,d bad row%s skipped)", rows, rows == 1 ? "" : "s");
  }

  private static String variance(Report report) {
    List<String> remarks = new ArrayList<>();
    remarks.add("%s, reduction %s".formatted(report.result().precision(), report.reduction()));
    if (report.errorBound() == 0) {
      remarks.add("exact");
    } else if (report.isResolved()) {
      remarks.add(String.format(Locale.ROOT, "relative error below %.1g", report.errorBound()));
    } else {
      remarks.add("smaller than its rounding error, reported as zero");
    }
    return String.format(Locale.ROOT, "%.10g", report.totalVariance())
        + "  ("
        + String.join(", ", remarks)
        + ")";
  }

  private static String gradient(Report report) {
    double bound = report.gradientErrorBound();
    String remark = "";
    if (bound > 0) {
      remark =
          bound < 1
              ? String.format(Locale.ROOT, "  (relative error below %.1g)", bound)
              : "  (smaller than its rounding error)";
    }
    return String.format(Locale.ROOT, "%.10g", report.result().gradient().norm()) + remark;
  }

  private static String variance(Report.ParameterShare share) {
    return Double.isNaN(share.varianceSum())
        ? "only rounding"
        : String.format(Locale.ROOT, "%.6g", share.varianceSum());
  }

  public void written(OutputDirectory directory) {
    print("written to %s", directory);
  }

  /** Prints a line and shows it at once. */
  public void print(String line, Object... arguments) {
    out.println(String.format(Locale.ROOT, line, arguments));
    out.flush();
  }
}
