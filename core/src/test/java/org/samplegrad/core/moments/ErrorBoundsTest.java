package org.samplegrad.core.moments;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Precision;

class ErrorBoundsTest {

  @Test
  void exactResultsHaveNoErrorInAnyParameter() {
    assertThat(ErrorBounds.none(Samples.LAYOUT))
        .isEqualTo(new ErrorBounds(0, List.of(0.0, 0.0), 0));
  }

  @Test
  void theGradientsBoundIsReplacedAlone() {
    ErrorBounds bounds = new ErrorBounds(0.25, List.of(0.5, 0.125), Double.NaN);

    assertThat(bounds.withGradient(2)).isEqualTo(new ErrorBounds(0.25, List.of(0.5, 0.125), 2));
  }

  @Test
  void theWorstParameterHasTheLargestBound() {
    assertThat(new ErrorBounds(9, List.of(0.5, 3.0, 1.0), 9).worstOfParameters()).isEqualTo(3);
    assertThat(new ErrorBounds(9, List.of(), 9).worstOfParameters()).isZero();
  }

  /** What was found is off by the error, so the exact result may be smaller by as much. */
  @Test
  void relativeBoundsAreOfTheSmallestExactResult() {
    assertThat(ErrorBounds.relative(1, 5)).isEqualTo(0.25);
    assertThat(ErrorBounds.relative(0, 5)).isZero();
    assertThat(ErrorBounds.relative(0, 0)).isZero();
  }

  @Test
  void anErrorAsLargeAsTheResultLeavesNothingOfIt() {
    assertThat(ErrorBounds.relative(5, 5)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(ErrorBounds.relative(6, 5)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(ErrorBounds.relative(1, Double.NaN)).isEqualTo(Double.POSITIVE_INFINITY);
  }

  @Test
  void roundingsOfAGradientAreSomeUnitsOfWhatIsAdded() {
    assertThat(SumRoundings.inGradient(Precision.FLOAT32, 3)).isEqualTo(8 * 0x1p-24 * 3);
    assertThat(SumRoundings.inGradient(Precision.FLOAT64, 3)).isEqualTo(8 * 0x1p-53 * 3);
  }

  @Test
  void withoutAComparisonCancellationIsAllThatIsKnown() {
    MomentStatistics two =
        statistics(new double[] {1, 1, 1, 1, 9, 0}, new double[] {2, 2, 2, 2, 8, 0});

    ErrorBounds bounds = two.cancellationBounds(Precision.FLOAT32);

    assertThat(bounds.totalVariance()).isEqualTo(two.relativeErrorBound(Precision.FLOAT32));
    assertThat(bounds.parameters())
        .containsExactly(
            two.relativeErrorBound(Precision.FLOAT32, 0),
            two.relativeErrorBound(Precision.FLOAT32, 1));
    assertThat(bounds.gradient()).isNaN();
    assertThat(statistics(new double[] {1, 1, 1, 1, 9, 0}).cancellationBounds(Precision.FLOAT32))
        .isEqualTo(ErrorBounds.none(Samples.LAYOUT));
  }

  private static MomentStatistics statistics(double[]... gradients) {
    return MomentStatistics.of(Samples.of(gradients).moments(), Reduction.SUM);
  }

  @Test
  void choicesAreWrittenInSmallLetters() {
    assertThat(Reduction.MEAN).hasToString("mean");
    assertThat(VarianceDetail.PARAMETERS).hasToString("parameters");
  }
}
