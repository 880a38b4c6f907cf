package org.samplegrad.core.differential;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.TwoPasses;

/**
 * What was computed beside what is right, number by number and tensor by tensor.
 *
 * <p>An error may be a small part of the norm of what it is an error of. Beside that it may be as
 * large as roundings must be where sums over all samples cancel ({@code S2/N} and the squared mean;
 * the terms of the gradient), and as far as the right value itself moves when parameters and data
 * are inexact: some of a float32's rounding for float32, a millionth of that for float64.
 */
public final class Comparison {
  /** Tensors that are smaller than all together by more than this are compared less strictly. */
  private static final double SMALL = 1e-3;

  private static final List<String> RESULTS =
      List.of("total_variance", "mean_gradient", "variance", "gradient");

  private static final double ROUNDINGS_OF_MOMENTS = 64;
  private static final double ROUNDINGS_OF_GRADIENT = 1000;

  /**
   * One difference.
   *
   * @param relative to the norm of what is right
   * @param excess the difference as a multiple of what is allowed; at most 1 if all is well
   */
  public record Difference(String what, double relative, double excess) {
    public boolean isWrong() {
      return !(excess <= 1);
    }

    @Override
    public String toString() {
      return "%s off by %.1e, %.3g times what is allowed".formatted(what, relative, excess);
    }
  }

  private final RandomModel model;
  private final Precision precision;
  private final List<Difference> differences = new ArrayList<>();

  private Comparison(RandomModel model, Precision precision) {
    this.model = model;
    this.precision = precision;
  }

  /**
   * @param found in the layout of what is expected
   */
  public static List<Difference> of(RandomModel model, TwoPasses found, Precision precision) {
    Comparison comparison = new Comparison(model, precision);
    comparison.compare(found);
    return List.copyOf(comparison.differences);
  }

  public static Difference worst(List<Difference> differences) {
    return differences.stream().max(Comparator.comparingDouble(Difference::excess)).orElseThrow();
  }

  private boolean isFloat32() {
    return precision == Precision.FLOAT32;
  }

  private double partOfSensitivity() {
    return isFloat32() ? 10 : 1e-6;
  }

  private void compare(TwoPasses found) {
    double total = model.number("total_variance");
    ParameterVector mean = model.expected("mean_gradient");
    ParameterVector variance = model.expected("variance");
    ParameterVector gradient = model.expected("total_variance_gradient");
    boolean oneSample = model.count() == 1;
    double squaredMean = mean.squaredNorm();
    double roundings = precision.unitRoundoff();
    add(
        "V",
        Math.abs(found.value() - total),
        total,
        oneSample
            ? 0
            : (isFloat32() ? 1e-5 : 1e-10) * total
                + moved("total_variance", total)
                + ROUNDINGS_OF_MOMENTS * roundings * (total + 2 * squaredMean));
    double base = isFloat32() ? 1e-4 : 1e-10;
    for (ParameterLayout.Entry entry : mean.layout().entries()) {
      double squares = norm(squares(mean.values(entry)));
      addTensor(
          "mean gradient",
          entry,
          found.statistics().meanGradient(),
          mean,
          base,
          SMALL * Math.sqrt(total),
          moved("mean_gradient", mean, entry)
              + ROUNDINGS_OF_MOMENTS * roundings * Math.sqrt(total + squaredMean));
      addTensor(
          "variance",
          entry,
          found.statistics().variance(),
          variance,
          oneSample ? 0 : base,
          0,
          oneSample
              ? 0
              : moved("variance", variance, entry)
                  + ROUNDINGS_OF_MOMENTS * roundings * (variance.norm(entry) + 2 * squares));
      addTensor(
          "gradient",
          entry,
          found.gradient(),
          gradient,
          oneSample ? 0 : base,
          0,
          oneSample
              ? 0
              : moved("gradient", gradient, entry)
                  + ROUNDINGS_OF_GRADIENT * roundings * model.number("gradient_terms"));
    }
  }

  /** As far as the right value moves by inexact numbers, or nothing where it is 0. */
  private double moved(String result, double norm) {
    return norm == 0 ? 0 : partOfSensitivity() * model.sensitivity(result) * norm;
  }

  /** The same of one tensor, which may move as far as the result that moves most. */
  private double moved(String result, ParameterVector expected, ParameterLayout.Entry entry) {
    double own = expected.norm(entry);
    double most =
        own == 0
            ? 0
            : RESULTS.stream()
                .mapToDouble(r -> moved(r, own))
                .filter(Double::isFinite)
                .max()
                .orElse(0);
    return moved(result, expected.norm()) + most;
  }

  private void addTensor(
      String what,
      ParameterLayout.Entry entry,
      ParameterVector found,
      ParameterVector expected,
      double base,
      double leastNorm,
      double unavoidable) {
    double[] values = found.values(entry);
    double[] right = expected.values(entry);
    double[] difference = new double[right.length];
    for (int i = 0; i < right.length; i++) {
      difference[i] = values[i] - right[i];
    }
    double norm = norm(right);
    double reference = Math.max(Math.max(norm, SMALL * expected.norm()), leastNorm);
    add(
        "%s of '%s'".formatted(what, entry.name()),
        norm(difference),
        norm,
        base * reference + unavoidable);
  }

  private void add(String what, double error, double norm, double allowed) {
    double relative = error == 0 ? 0 : error / norm;
    double excess = error == 0 ? 0 : error / allowed;
    differences.add(new Difference(what, relative, excess));
  }

  private static double[] squares(double[] values) {
    double[] squares = new double[values.length];
    for (int i = 0; i < squares.length; i++) {
      squares[i] = values[i] * values[i];
    }
    return squares;
  }

  private static double norm(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }
}
