package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.fail;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.backend.cpu.ProviderWithKernels;

/**
 * What every backend must do, in every precision it offers. A subclass holds the cases of one group
 * of primitives and runs on each backend that the service loader finds; a new backend is tested
 * without a line here.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("org.samplegrad.core.backend.BackendConformance#choices")
abstract class BackendConformance {
  private static final long SEED = 20240917;

  /** Rounding errors of a few operations, or of a sum of a few hundred terms. */
  private static final int ROUNDINGS = 64;

  record Choice(BackendProvider provider, Precision precision) {
    @Override
    public String toString() {
      Object name = provider instanceof ProviderWithKernels ? provider : provider.name();
      return name + " " + precision;
    }
  }

  static Stream<Choice> choices() {
    Stream<BackendProvider> found =
        ServiceLoader.load(BackendProvider.class).stream().map(ServiceLoader.Provider::get);
    return Stream.concat(found, ProviderWithKernels.all())
        .flatMap(
            provider ->
                provider.precisions().stream().map(precision -> new Choice(provider, precision)));
  }

  final Choice choice;
  final Random random = new Random(SEED);
  private final Map<Tensor, NaiveArray> inputs = new IdentityHashMap<>();
  Backend backend;

  BackendConformance(Choice choice) {
    this.choice = choice;
  }

  @BeforeEach
  void open() {
    backend = choice.provider().open(choice.precision());
  }

  @AfterEach
  void inputsAreUnchangedAndTheBackendCloses() {
    inputs.forEach(
        (tensor, values) -> assertThat(backend.toDoubles(tensor)).isEqualTo(values.values()));
    backend.close();
  }

  /** The array as a tensor that must still hold the same elements when the case ends. */
  final Tensor input(NaiveArray array) {
    Tensor tensor = array.on(backend);
    inputs.put(tensor, array);
    return tensor;
  }

  final Tensor input(Shape shape, double... values) {
    return input(NaiveArray.of(shape, values));
  }

  final NaiveArray random(int... extents) {
    return NaiveArray.random(random, extents);
  }

  /** Equal to within rounding errors relative to the largest element; NaN and infinities equal. */
  final void assertEqual(Tensor actual, NaiveArray expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    double largest =
        Arrays.stream(expected.values()).filter(Double::isFinite).map(Math::abs).max().orElse(0);
    double tolerance = rounding(largest).value;
    double[] found = backend.toDoubles(actual);
    for (int i = 0; i < found.length; i++) {
      double wanted = expected.values()[i];
      if (Double.compare(found[i], wanted) != 0 && !(Math.abs(found[i] - wanted) <= tolerance)) {
        fail("Element %d of %s is %s, expected %s", i, expected.shape(), found[i], wanted);
      }
    }
  }

  final void assertValues(Tensor actual, double... expected) {
    assertThat(backend.toDoubles(actual)).containsExactly(expected);
  }

  final Offset<Double> rounding(double magnitude) {
    return Offset.offset(ROUNDINGS * backend.precision().unitRoundoff() * magnitude);
  }

  /** Each element within a few roundings, beside one rounding in float64 for each term. */
  final void assertLongSum(Tensor actual, int terms, double expected) {
    double accumulated = terms * Precision.FLOAT64.unitRoundoff() * Math.abs(expected);
    for (double found : backend.toDoubles(actual)) {
      assertThat(Math.abs(found - expected))
          .isLessThanOrEqualTo(rounding(Math.abs(expected)).value + accumulated);
    }
  }

  static void assertRefused(ThrowingCallable call) {
    assertThatIllegalArgumentException().isThrownBy(call);
  }
}
