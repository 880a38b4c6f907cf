package org.samplegrad.job.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.models.ExampleModel;
import org.samplegrad.core.moments.VarianceDetail;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.passes.Block;
import org.samplegrad.core.passes.NaiveLoop;
import org.samplegrad.datasets.BlockDelivery;
import org.samplegrad.job.distributed.FunctionalResult;
import org.samplegrad.job.failures.ExitCode;
import org.samplegrad.job.output.ConsoleReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "check",
    description = {
      "The same as variance on the first samples, compared with a naive loop of one backward per"
          + " sample; ends with 1 if anything differs. Without --model: the three examples of the"
          + " BackPACK page."
    })
final class CheckCommand implements Callable<Integer> {
  private static final double TOLERANCE_FLOAT32 = 1e-4;
  private static final double TOLERANCE_FLOAT64 = 1e-10;

  @Spec CommandSpec spec;

  @Mixin CommonOptions common;
  @Mixin ModelOptions model;
  @Mixin DataOptions data;
  @Mixin ComputeOptions compute;

  @Option(
      names = "--limit",
      paramLabel = "SAMPLES",
      defaultValue = "32",
      description = "How many samples to use (default: ${DEFAULT-VALUE}).")
  long limit;

  private ConsoleReport console;

  @Override
  public Integer call() {
    compute.validate();
    ComputeOptions.requirePositive("--limit", limit);
    console = new ConsoleReport(spec.commandLine().getOut());
    List<String> models =
        model.model != null
            ? List.of(model.model)
            : Arrays.stream(ExampleModel.values()).map(ExampleModel::toString).toList();
    boolean same = true;
    try (Session session = Session.open(spec.name())) {
      for (String name : models) {
        same &= isSame(session, name);
      }
    }
    return (same ? ExitCode.DONE : ExitCode.CHECK_FAILED).value();
  }

  private boolean isSame(Session session, String name) {
    model.model = name;
    Request request = Request.of(session, data, model, compute, limit);
    request.notes().forEach(note -> console.print("Note: %s", note));
    FunctionalResult result = request.totalVariance(VarianceDetail.ELEMENTS, new Silent());
    NaiveLoop naive = naive(request, result.precision());
    double tolerance =
        result.precision() == Precision.FLOAT32 ? TOLERANCE_FLOAT32 : TOLERANCE_FLOAT64;
    console.print(
        "%s: %d samples, reduction %s, %s on %s, tolerances %.0e",
        name,
        result.statistics().count(),
        model.reduction,
        result.precision(),
        result.backend(),
        tolerance);
    boolean same = isClose(result.value(), naive.totalVariance(), tolerance);
    console.print("Total variance: %.10g, naive loop %.10g", result.value(), naive.totalVariance());
    console.print("Total variance is the same? %s", text(same));
    for (ParameterLayout.Entry entry : result.gradient().layout().entries()) {
      boolean sameGradient =
          IntStream.range(entry.offset(), entry.offset() + entry.size())
              .allMatch(
                  i -> isClose(result.gradient().value(i), naive.gradient().value(i), tolerance));
      console.print(
          "Gradient of the total variance is the same for %s? %s",
          entry.name(), text(sameGradient));
      same &= sameGradient;
    }
    return same;
  }

  /** In float64, whatever the job computed in, so that only the job's rounding is seen. */
  private static NaiveLoop naive(Request request, Precision precision) {
    List<Block> samples =
        request.blocks(precision).deliveries().collect().stream()
            .map(BlockDelivery::block)
            .filter(Objects::nonNull)
            .flatMap(block -> IntStream.range(0, block.samples()).mapToObj(block::sample))
            .toList();
    try (Backend float64 = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      return NaiveLoop.over(
          request.objective(), request.parameters(), samples, request.model().reduction, float64);
    }
  }

  /** As {@code torch.allclose}, with the absolute tolerance equal to the relative one. */
  private static boolean isClose(double value, double expected, double tolerance) {
    return Math.abs(value - expected) <= tolerance + tolerance * Math.abs(expected);
  }

  private static String text(boolean same) {
    return same ? "True" : "False";
  }

  /** Says nothing about passes: the check's own lines are the result. */
  private static final class Silent implements org.samplegrad.job.distributed.PassListener {
    @Override
    public void passStarted(String pass, String over, Precision precision) {}

    @Override
    public void passEnded(String pass, double seconds) {}

    @Override
    public void repeatsInFloat64(double relativeErrorBound) {}
  }
}
