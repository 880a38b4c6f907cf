package org.samplegrad.job.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.models.ExampleModel;
import org.samplegrad.core.moments.VarianceDetail;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
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
  /** How many times the rounding that float32 shows in the naive loop is forgiven to the job. */
  private static final double ROUNDING_SEEN = 10;

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
    Request request = Request.of(session, data, model, compute, VarianceDetail.ELEMENTS, limit);
    request.notes().forEach(note -> console.print("Note: %s", note));
    FunctionalResult result = request.totalVariance(VarianceDetail.ELEMENTS, new Silent());
    List<Block> samples = samples(request, result.precision());
    NaiveLoop naive = naive(request, samples, Precision.FLOAT64);
    Agreement agreement =
        new Agreement(result.precision(), rounding(request, samples, result.precision(), naive));
    console.print(
        "%s: %d samples, reduction %s, %s on %s, relative tolerance %.0e",
        name,
        result.statistics().count(),
        model.reduction,
        result.precision(),
        result.backend(),
        agreement.tolerance());
    boolean same =
        agreement.isSame(
            result.value(), naive.totalVariance(), 2 * naive.meanGradient().squaredNorm());
    console.print("Total variance: %.10g, naive loop %.10g", result.value(), naive.totalVariance());
    console.print("Total variance is the same? %s", text(same));
    for (ParameterLayout.Entry entry : result.gradient().layout().entries()) {
      boolean sameGradient = agreement.isSame(result.gradient(), naive.gradient(), entry);
      console.print(
          "Gradient of the total variance is the same for %s? %s",
          entry.name(), text(sameGradient));
      same &= sameGradient;
    }
    return same;
  }

  private static List<Block> samples(Request request, Precision precision) {
    return request.blocks(precision).deliveries().collect().stream()
        .map(BlockDelivery::block)
        .filter(Objects::nonNull)
        .flatMap(block -> IntStream.range(0, block.samples()).mapToObj(block::sample))
        .toList();
  }

  private static NaiveLoop naive(Request request, List<Block> samples, Precision precision) {
    try (Backend backend = Backends.open(Backends.AUTO, precision)) {
      return NaiveLoop.over(
          request.objective(), request.parameters(), samples, request.model().reduction, backend);
    }
  }

  /**
   * In float32 what it does to the naive loop; in float64, which has no better to compare with, a
   * share of the terms that the job subtracts.
   */
  private static Agreement.Rounding rounding(
      Request request, List<Block> samples, Precision precision, NaiveLoop naive) {
    double share = Agreement.largestRounding(precision);
    if (precision == Precision.FLOAT32) {
      Supplier<NaiveLoop> rounded = once(() -> naive(request, samples, Precision.FLOAT32));
      return parameter ->
          Math.min(
              share * naive.gradient().norm(),
              ROUNDING_SEEN
                  * Agreement.distance(rounded.get().gradient(), naive.gradient(), parameter));
    }
    Supplier<ParameterVector> subtracted = once(() -> meanSquaredNormGradient(request, samples));
    return parameter -> share * (naive.gradient().norm() + subtracted.get().norm());
  }

  private static ParameterVector meanSquaredNormGradient(Request request, List<Block> samples) {
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      return NaiveLoop.meanSquaredNormGradient(
          request.objective(), request.parameters(), samples, request.model().reduction, backend);
    }
  }

  private static <T> Supplier<T> once(Supplier<T> computed) {
    List<T> result = new ArrayList<>();
    return () -> {
      if (result.isEmpty()) {
        result.add(computed.get());
      }
      return result.get(0);
    };
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
    public void repeatsInFloat64(String what, double relativeErrorBound) {}
  }
}
