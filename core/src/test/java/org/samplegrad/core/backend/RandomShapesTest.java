package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Windows, groups and extents in combinations that nobody would think of writing down. */
class RandomShapesTest {
  private static final int TRIES = 60;

  /** Rounding errors of a sum of up to a few hundred terms, relative to the largest result. */
  private static final int ROUNDINGS = 64;

  private static void assertOnEveryBackend(
      Function<Backend, Tensor> computed, NaiveArray expected) {
    BackendConformance.choices()
        .forEach(
            choice -> {
              try (Backend backend = choice.provider().open(choice.precision())) {
                Tensor tensor = computed.apply(backend);
                assertThat(tensor.shape()).isEqualTo(expected.shape());
                double largest = 0;
                double difference = 0;
                double[] found = backend.toDoubles(tensor);
                for (int i = 0; i < found.length; i++) {
                  largest = Math.max(largest, Math.abs(expected.values()[i]));
                  difference = Math.max(difference, Math.abs(found[i] - expected.values()[i]));
                }
                assertThat(difference)
                    .as("%s", choice)
                    .isLessThanOrEqualTo(ROUNDINGS * choice.precision().unitRoundoff() * largest);
              }
            });
  }

  @Property(tries = TRIES)
  void convolutionAndItsAdjoints(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 3) int samples,
      @ForAll @IntRange(min = 1, max = 3) int groups,
      @ForAll @IntRange(min = 1, max = 3) int inputsPerGroup,
      @ForAll @IntRange(min = 1, max = 3) int outputsPerGroup) {
    Random random = new Random(seed);
    int axes = 1 + random.nextInt(3);
    Window window =
        Window.of(
            random.ints(axes, 1, 5 - axes + 1).toArray(),
            random.ints(axes, 1, 4).toArray(),
            random.ints(axes, 0, 3).toArray(),
            random.ints(axes, 0, 3).toArray(),
            random.ints(axes, 1, 4).toArray(),
            random.nextBoolean());
    int[] extents =
        IntStream.range(0, axes)
            .map(a -> window.dilation(a) * (window.kernel(a) - 1) + 1 + random.nextInt(5))
            .toArray();
    Shape images = Shape.of(extents).prepend(groups * inputsPerGroup).prepend(samples);
    Shape weights =
        Shape.of(window.kernel()).prepend(inputsPerGroup).prepend(groups * outputsPerGroup);
    NaiveArray x = NaiveArray.random(random, images.extents());
    NaiveArray weight = NaiveArray.random(random, weights.extents());
    NaiveArray output = NaiveWindows.convolve(x, weight, window, groups);
    NaiveArray gradient = NaiveArray.random(random, output.shape().extents());

    assertOnEveryBackend(
        backend -> backend.convolve(x.on(backend), weight.on(backend), window, groups), output);
    assertOnEveryBackend(
        backend ->
            backend.convolveInputGradient(
                gradient.on(backend), weight.on(backend), x.shape(), window, groups),
        NaiveWindows.convolveInputGradient(gradient, weight, x.shape(), window, groups));
    assertOnEveryBackend(
        backend ->
            backend.convolveWeightGradient(
                x.on(backend), gradient.on(backend), weight.shape(), window, groups),
        NaiveWindows.convolveWeightGradient(x, gradient, weight.shape(), window, groups));
  }

  @Property(tries = TRIES)
  void matrixProducts(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 4) int batches,
      @ForAll @IntRange(min = 1, max = 40) int rows,
      @ForAll @IntRange(min = 1, max = 40) int inner,
      @ForAll @IntRange(min = 1, max = 40) int columns) {
    Random random = new Random(seed);
    boolean transposeA = random.nextBoolean();
    boolean transposeB = random.nextBoolean();
    NaiveArray a = NaiveArray.random(random, batches, rows, inner);
    NaiveArray b = NaiveArray.random(random, batches, inner, columns);
    NaiveArray left = transposeA ? NaiveArrays.transpose(a, 0, 2, 1) : a;
    NaiveArray right = transposeB ? NaiveArrays.transpose(b, 0, 2, 1) : b;

    assertOnEveryBackend(
        backend -> backend.matmul(left.on(backend), transposeA, right.on(backend), transposeB),
        NaiveArrays.matmul(a, b));
  }

  @Property(tries = TRIES)
  void sumsOverAnySubsetOfAxes(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 5) int first,
      @ForAll @IntRange(min = 1, max = 30) int second,
      @ForAll @IntRange(min = 1, max = 5) int third,
      @ForAll @IntRange(min = 1, max = 30) int fourth) {
    Random random = new Random(seed);
    NaiveArray x = NaiveArray.random(random, first, second, third, fourth);
    int[] axes = random.ints(0, x.shape().rank()).limit(3).distinct().toArray();

    assertOnEveryBackend(backend -> backend.sum(x.on(backend), axes), NaiveArrays.sum(x, axes));
  }
}
