package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.LayerNorm;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.models.Sequential;
import org.samplegrad.core.moments.Cotangents;
import org.samplegrad.core.moments.ErrorBounds;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.StandardFunctional;
import org.samplegrad.core.moments.VarianceDetail;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/** The bounds against their formulas over the results of both passes in both precisions. */
class PrecisionComparisonTest {
  private static final Backend FLOAT32 = Backends.open(Backends.AUTO, Precision.FLOAT32);
  private static final Backend FLOAT64 = Backends.open(Backends.AUTO, Precision.FLOAT64);
  private static final StandardFunctional FUNCTIONAL = StandardFunctional.TOTAL_VARIANCE;
  private static final ObjectiveCase GIVEN = ObjectiveCase.smooth().findFirst().orElseThrow();

  /** Of a bound: what it is made of are differences, which keep fewer digits. */
  private static final double ROUNDING = 1e-5;

  @AfterAll
  static void close() {
    FLOAT32.close();
    FLOAT64.close();
  }

  private static Backend backend(Precision precision) {
    return precision == Precision.FLOAT32 ? FLOAT32 : FLOAT64;
  }

  private static Precision other(Precision precision) {
    return precision == Precision.FLOAT32 ? Precision.FLOAT64 : Precision.FLOAT32;
  }

  /** What is compared, and how. */
  private record Comparison(
      ObjectiveCase given,
      List<Block> units,
      boolean areAll,
      Precision precision,
      VarianceDetail detail) {

    PrecisionComparison create() {
      return create(new PrecisionComparison.Samples(units, areAll));
    }

    PrecisionComparison create(PrecisionComparison.Samples samples) {
      return new PrecisionComparison(
          given.objective(), given.parameters(), samples, run(), precision, FLOAT32, FLOAT64);
    }

    Moments run() {
      return moments(List.of(given.all()), precision, detail);
    }

    Moments moments(List<Block> blocks, Precision in, VarianceDetail kept) {
      Moments moments = Moments.empty(given.parameters().layout(), kept);
      MomentsPass pass = new MomentsPass(given.objective(), given.parameters(), backend(in));
      blocks.forEach(block -> pass.add(block, moments));
      return moments;
    }

    double[] pullBack(List<Block> blocks, Moments moments, Precision in) {
      Cotangents cotangents = Cotangents.of(FUNCTIONAL, moments, Reduction.MEAN, FLOAT64);
      double[] totals = new double[moments.layout().size()];
      PullBackPass pass =
          new PullBackPass(given.objective(), given.parameters(), cotangents, backend(in));
      blocks.forEach(block -> pass.add(block, totals));
      return totals;
    }

    ParameterVector gradient() {
      return new ParameterVector(
          given.parameters().layout(), pullBack(List.of(given.all()), run(), precision));
    }

    double boundOfGradient() {
      return create().ofGradient(FUNCTIONAL, Reduction.MEAN).bound(gradient());
    }

    double room() {
      return (areAll ? 2 : 3) * (precision == Precision.FLOAT64 ? 128 * 0x1p-29 : 1);
    }

    /** Eight roundings: of float64 where a difference tells of all that is not. */
    double roundings() {
      return 8 * (areAll || precision == Precision.FLOAT64 ? 0x1p-53 : 0x1p-24);
    }

    int samples() {
      return units.stream().mapToInt(Block::samples).sum();
    }
  }

  static Stream<Comparison> ofAll() {
    return Arrays.stream(Precision.values())
        .flatMap(
            precision ->
                Arrays.stream(VarianceDetail.values())
                    .map(
                        detail ->
                            new Comparison(GIVEN, List.of(GIVEN.all()), true, precision, detail)));
  }

  /** One unit and several, of one sample and two, with small deviations and large ones. */
  static Stream<Comparison> ofSome() {
    List<Block> one = GIVEN.samples();
    List<Block> two = GIVEN.split(2, 2, 1);
    return Stream.of(
            List.of(one.get(0)),
            List.of(one.get(1)),
            List.of(one.get(2)),
            one.subList(0, 2),
            one.subList(2, 4),
            one.subList(1, 5),
            two.subList(0, 2))
        .flatMap(
            units ->
                ofAll().map(all -> new Comparison(GIVEN, units, false, all.precision, all.detail)));
  }

  private static double squaredMean(Moments moments, ParameterLayout.Entry entry) {
    return IntStream.range(entry.offset(), entry.offset() + entry.size())
        .mapToDouble(i -> moments.sum(i) / moments.count())
        .map(mean -> mean * mean)
        .sum();
  }

  private static double squares(Moments moments, int parameter) {
    ParameterLayout.Entry entry = moments.squaredLayout().entries().get(parameter);
    return IntStream.range(entry.offset(), entry.offset() + entry.size())
        .mapToDouble(moments::squaredSum)
        .sum();
  }

  private static double variance(Moments moments, int parameter) {
    return squares(moments, parameter) / moments.count()
        - squaredMean(moments, moments.layout().entries().get(parameter));
  }

  /** {@code sum_n ||g_n - mean||^2} of one parameter. */
  private static double deviations(Moments unit, Moments run, int parameter) {
    ParameterLayout.Entry entry = run.layout().entries().get(parameter);
    double product = 0;
    for (int i = entry.offset(); i < entry.offset() + entry.size(); i++) {
      product += unit.sum(i) * run.sum(i) / run.count();
    }
    return squares(unit, parameter) - 2 * product + unit.count() * squaredMean(run, entry);
  }

  private static void assertBounds(
      ErrorBounds found, Comparison comparison, double[] errors, double errorOfAll) {
    Moments run = comparison.run();
    double total = 0;
    double rounding = 0;
    for (int p = 0; p < errors.length; p++) {
      double variance = variance(run, p);
      double roundings =
          comparison.roundings() * (variance + 2 * squaredMean(run, run.layout().entries().get(p)));
      double error = comparison.room() * errors[p] + roundings;
      double bound = error / (variance - error);
      assertThat(found.parameters().get(p)).isCloseTo(bound, within(ROUNDING * bound));
      total += variance;
      rounding += roundings;
    }
    double error = comparison.room() * errorOfAll + rounding;
    double bound = error / (total - error);
    assertThat(found.totalVariance()).isCloseTo(bound, within(ROUNDING * bound));
    assertThat(found.gradient()).isNaN();
  }

  @ParameterizedTest
  @MethodSource("ofAll")
  void allSamplesTellTheErrorOfEachVariance(Comparison comparison) {
    PrecisionComparison found = comparison.create();
    Moments run = comparison.run();
    Moments inOther =
        comparison.moments(comparison.units(), other(comparison.precision()), comparison.detail());
    double[] differences =
        IntStream.range(0, run.layout().entries().size())
            .mapToDouble(p -> variance(run, p) - variance(inOther, p))
            .toArray();

    assertThat(found.isOfAll()).isTrue();
    assertBounds(
        found.ofVariance(),
        comparison,
        Arrays.stream(differences).map(Math::abs).toArray(),
        Math.abs(Arrays.stream(differences).sum()));
  }

  @ParameterizedTest
  @MethodSource("ofSome")
  void someSamplesStandForAll(Comparison comparison) {
    PrecisionComparison found = comparison.create();
    Moments run = comparison.run();
    int parameters = run.layout().entries().size();
    int units = comparison.units().size();
    double[][] differences = new double[parameters + 1][units];
    double[] sizes = new double[parameters + 1];
    for (int u = 0; u < units; u++) {
      List<Block> unit = List.of(comparison.units().get(u));
      Moments narrow = comparison.moments(unit, Precision.FLOAT32, VarianceDetail.PARAMETERS);
      Moments wide = comparison.moments(unit, Precision.FLOAT64, VarianceDetail.PARAMETERS);
      for (int p = 0; p < parameters; p++) {
        double size = deviations(wide, run, p);
        differences[p][u] = deviations(narrow, run, p) - size;
        differences[parameters][u] += differences[p][u];
        sizes[p] += size;
        sizes[parameters] += size;
      }
    }
    double[] errors = new double[parameters + 1];
    double total = 0;
    for (int p = 0; p <= parameters; p++) {
      double sum = Math.abs(Arrays.stream(differences[p]).sum());
      double norm = Math.sqrt(Arrays.stream(differences[p]).map(d -> d * d).sum());
      double off = sum + 2 * norm;
      double variance = p < parameters ? variance(run, p) : total;
      errors[p] = Math.max(off / comparison.samples(), variance * off / sizes[p]);
      total += variance;
    }

    assertThat(found.isOfAll()).isFalse();
    assertBounds(
        found.ofVariance(), comparison, Arrays.copyOf(errors, parameters), errors[parameters]);
  }

  @ParameterizedTest
  @MethodSource("ofAll")
  void allSamplesTellTheErrorOfTheGradient(Comparison comparison) {
    Precision other = other(comparison.precision());
    Moments moments = comparison.moments(comparison.units(), other, comparison.detail());
    double[] inOther = comparison.pullBack(comparison.units(), moments, other);
    ParameterVector gradient = comparison.gradient();

    double size = gradient.norm();
    double error = comparison.room() * norm(minus(gradient.values(), inOther)) + 8 * 0x1p-53 * size;

    double bound = error / (size - error);
    assertThat(comparison.boundOfGradient()).isCloseTo(bound, within(ROUNDING * bound));
  }

  @ParameterizedTest
  @MethodSource("ofSome")
  void someGradientsStandForAll(Comparison comparison) {
    List<double[]> differences = new ArrayList<>();
    double sizes = 0;
    for (Block unit : comparison.units()) {
      double[] narrow = pullBack(comparison, unit, Precision.FLOAT32);
      double[] wide = pullBack(comparison, unit, Precision.FLOAT64);
      differences.add(minus(narrow, wide));
      sizes += norm(wide);
    }
    double squares = 0;
    double products = 0;
    double squaredProducts = 0;
    int pairs = 0;
    for (int a = 0; a < differences.size(); a++) {
      squares += product(differences.get(a), differences.get(a));
      for (int b = a + 1; b < differences.size(); b++) {
        double product = product(differences.get(a), differences.get(b));
        products += product;
        squaredProducts += product * product;
        pairs++;
      }
    }
    double scale = 5.0 / comparison.samples();
    double all = scale * differences.size();
    double squaredMean =
        pairs == 0 ? squares : (Math.max(products, 0) + 2 * Math.sqrt(squaredProducts)) / pairs;
    double norm =
        Math.sqrt(all * all * Math.min(squaredMean, squares) + all * squares / differences.size());

    double size = comparison.gradient().norm();
    double relative = norm / (scale * sizes);
    double error =
        comparison.room() * (norm + relative * size)
            + comparison.roundings() * (scale * sizes + size);

    double bound = error / (size - error);
    assertThat(comparison.boundOfGradient()).isCloseTo(bound, within(ROUNDING * bound));
  }

  /**
   * Of one unit, with the cotangents at the run's moments; in the other precision at these with the
   * error taken away, or put in, that the units' first moments show.
   */
  private static double[] pullBack(Comparison comparison, Block unit, Precision in) {
    Moments run = comparison.run();
    Moments narrow =
        comparison.moments(comparison.units(), Precision.FLOAT32, VarianceDetail.PARAMETERS);
    Moments wide =
        comparison.moments(comparison.units(), Precision.FLOAT64, VarianceDetail.PARAMETERS);
    double scale = 5.0 / comparison.samples();
    double[] sums = run.arrays().get(1);
    for (int i = 0; i < sums.length && in != comparison.precision(); i++) {
      double excess = scale * (narrow.sum(i) - wide.sum(i));
      sums[i] += in == Precision.FLOAT32 ? excess : -excess;
    }
    return comparison.pullBack(List.of(unit), run, in);
  }

  private static double[] minus(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] - b[i]).toArray();
  }

  private static double product(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
  }

  private static double norm(double[] a) {
    return Math.sqrt(product(a, a));
  }

  @ParameterizedTest
  @EnumSource
  void oneSampleIsExact(Precision precision) {
    ObjectiveCase one = ObjectiveCase.of("one", GIVEN.objective(), 1);
    for (boolean areAll : new boolean[] {true, false}) {
      Comparison comparison =
          new Comparison(one, one.samples(), areAll, precision, VarianceDetail.ELEMENTS);
      assertThat(comparison.create().ofVariance())
          .isEqualTo(ErrorBounds.none(one.parameters().layout()));
      assertThat(comparison.boundOfGradient()).isZero();
    }
  }

  private static ObjectiveCase line(double... inputs) {
    Objective objective =
        new Objective(
            new Sequential(Shape.of(1), List.of(new Linear(1, 1, true))),
            LossKind.named("mse").create());
    ParameterVector parameters =
        new ParameterVector(objective.model().parameters(), new double[] {1, 0.5});
    double[] targets = IntStream.range(0, inputs.length).mapToDouble(n -> -n).toArray();
    return new ObjectiveCase("line", objective, parameters, inputs, targets);
  }

  /** The weight has no gradient where the inputs are 0, so its variance is exact. */
  @ParameterizedTest
  @EnumSource
  void whatDoesNotVaryIsExact(Precision precision) {
    ObjectiveCase given = line(0, 0, 0);
    for (boolean areAll : new boolean[] {true, false}) {
      Comparison comparison =
          new Comparison(given, given.samples(), areAll, precision, VarianceDetail.ELEMENTS);
      ErrorBounds bounds = comparison.create().ofVariance();
      assertThat(bounds.parameters().get(0)).isZero();
      assertThat(bounds.parameters().get(1)).isPositive().isLessThan(1e-4);
    }
  }

  /** One row whose normalisation cancels and whose gradient outweighs all others'. */
  private static ObjectiveCase withOneLargeGradient() {
    Objective objective =
        new Objective(
            new Sequential(
                Shape.of(3),
                List.of(new LayerNorm(Shape.of(3), 1e-5, true, true), new Linear(3, 1, true))),
            LossKind.named("mse").create());
    double[] inputs = {1, 2, -1, 0.5, -2, 3, 1, 1, 4, -1, 0, 2, 1e5 + 1, 1e5 - 2, 1e5 + 4.3};
    double[] targets = {1, 0, -1, 2, 1e3};
    return new ObjectiveCase(
        "one large gradient", objective, objective.model().initialParameters(3), inputs, targets);
  }

  @Test
  void theLargestGradientTellsWhatTheUnitsMiss() {
    ObjectiveCase given = withOneLargeGradient();
    List<Block> units = given.samples().subList(0, 4);
    Comparison float32 =
        new Comparison(given, units, false, Precision.FLOAT32, VarianceDetail.ELEMENTS);
    Comparison float64 =
        new Comparison(given, units, false, Precision.FLOAT64, VarianceDetail.ELEMENTS);
    PrecisionComparison comparison =
        float32.create(new PrecisionComparison.Samples(units, false, given.samples().get(4)));

    double found = totalVariance(float32.run());
    double exact = totalVariance(float64.run());
    double error = Math.abs(found - exact) / exact;
    assertThat(error).isBetween(float32.create().ofVariance().totalVariance(), 1e-2);
    assertThat(comparison.ofVariance().totalVariance()).isBetween(error, 100 * error);

    double[] gradient = float64.gradient().values();
    double off = norm(minus(float32.gradient().values(), gradient)) / norm(gradient);
    assertThat(off).isBetween(float32.boundOfGradient(), 1e-2);
    double bound = comparison.ofGradient(FUNCTIONAL, Reduction.MEAN).bound(float32.gradient());
    assertThat(bound).isBetween(off, 100 * off);
  }

  private static double totalVariance(Moments moments) {
    return IntStream.range(0, moments.layout().entries().size())
        .mapToDouble(p -> variance(moments, p))
        .sum();
  }

  /** What float32 cannot hold is off by all there is; a run in float64 by its share of it. */
  @Test
  void overflowInFloat32IsAnErrorOfTheWholeSize() {
    ObjectiveCase given = line(1e25, 2e25, -1e25);
    for (boolean areAll : new boolean[] {true, false}) {
      Comparison comparison =
          new Comparison(
              given, given.samples(), areAll, Precision.FLOAT64, VarianceDetail.ELEMENTS);
      double share = comparison.room();
      ErrorBounds bounds = comparison.create().ofVariance();
      assertThat(bounds.totalVariance()).isCloseTo(share, within(1e-5 * share));
      assertThat(bounds.parameters().get(0)).isCloseTo(share, within(1e-5 * share));
      double sizes = 1;
      if (!areAll) {
        sizes = 0;
        for (Block unit : given.samples()) {
          sizes += norm(comparison.pullBack(List.of(unit), comparison.run(), Precision.FLOAT64));
        }
        sizes = sizes / comparison.gradient().norm() + 1; // and once more relative to the gradient
      }
      assertThat(comparison.boundOfGradient())
          .isCloseTo(share * sizes, within(1e-5 * share * sizes));
    }
  }
}
