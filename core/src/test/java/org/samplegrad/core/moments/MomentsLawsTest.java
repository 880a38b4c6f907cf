package org.samplegrad.core.moments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.parameters.ParameterLayout;

/** The laws by which totals may be computed in parts, anywhere and in any order. */
class MomentsLawsTest {
  private static final int TRIES = 100;

  /** Whole numbers so small that no sum or square of them is rounded. */
  @Provide
  Arbitrary<Samples> exactSamples() {
    return samples(Arbitraries.integers().between(-1000, 1000).map(Integer::doubleValue));
  }

  @Provide
  Arbitrary<Samples> anySamples() {
    return samples(Arbitraries.doubles().between(-1e3, 1e3).ofScale(12));
  }

  private static Arbitrary<Samples> samples(Arbitrary<Double> numbers) {
    return numbers
        .withoutEdgeCases()
        .array(double[].class)
        .ofSize(Samples.SIZE + 1)
        .list()
        .ofMaxSize(12)
        .map(
            rows ->
                new Samples(
                    rows.stream().mapToDouble(row -> row[Samples.SIZE]).toArray(),
                    rows.stream()
                        .map(row -> Arrays.copyOf(row, Samples.SIZE))
                        .toArray(double[][]::new),
                    3));
  }

  @Property(tries = TRIES)
  void emptyIsTheIdentityOnBothSides(@ForAll("anySamples") Samples samples) {
    Moments left = Moments.empty(Samples.LAYOUT);
    left.merge(samples.moments());
    assertEqual(left, samples.moments());

    Moments right = samples.moments();
    right.merge(Moments.empty(Samples.LAYOUT));
    assertEqual(right, samples.moments());
  }

  @Property(tries = TRIES)
  void mergeIsCommutative(@ForAll("anySamples") Samples a, @ForAll("anySamples") Samples b) {
    assertEqual(merged(a.moments(), b.moments()), merged(b.moments(), a.moments()));
  }

  @Property(tries = TRIES)
  void mergeIsAssociative(
      @ForAll("exactSamples") Samples a,
      @ForAll("exactSamples") Samples b,
      @ForAll("exactSamples") Samples c) {
    assertEqual(
        merged(merged(a.moments(), b.moments()), c.moments()),
        merged(a.moments(), merged(b.moments(), c.moments())));
  }

  @Property(tries = TRIES)
  void anySplitInAnyOrderGivesTheSameTotals(
      @ForAll("exactSamples") Samples samples, @ForAll Random random) {
    assertEqual(inShuffledParts(samples, random), samples.moments());
  }

  @Property(tries = TRIES)
  void anySplitInAnyOrderGivesTheSameTotalsButForRounding(
      @ForAll("anySamples") Samples samples, @ForAll Random random) {
    Moments expected = samples.moments();
    Moments found = inShuffledParts(samples, random);
    for (int a = 0; a < expected.arrays().size(); a++) {
      for (int i = 0; i < expected.arrays().get(a).length; i++) {
        double largest = a == 2 ? 1e6 : 1e3; // of a term of the sum
        assertThat(found.arrays().get(a)[i])
            .isCloseTo(expected.arrays().get(a)[i], within(1e-13 * largest * samples.count()));
      }
    }
  }

  @Property(tries = TRIES)
  void arraysRoundTrip(@ForAll("anySamples") Samples samples) {
    Moments moments = samples.moments();
    List<double[]> copies = moments.arrays().stream().map(double[]::clone).toList();
    assertEqual(Moments.ofArrays(Samples.LAYOUT, VarianceDetail.ELEMENTS, copies), moments);
    assertThat(copies.stream().map(array -> array.length).toList())
        .isEqualTo(Moments.arrayLengths(Samples.LAYOUT, VarianceDetail.ELEMENTS));
  }

  @Property(tries = TRIES)
  void mergingIsAddingTheArraysElementwise(
      @ForAll("anySamples") Samples a, @ForAll("anySamples") Samples b) {
    List<double[]> sums = a.moments().arrays().stream().map(double[]::clone).toList();
    for (int k = 0; k < sums.size(); k++) {
      for (int i = 0; i < sums.get(k).length; i++) {
        sums.get(k)[i] += b.moments().arrays().get(k)[i];
      }
    }
    assertEqual(
        Moments.ofArrays(Samples.LAYOUT, VarianceDetail.ELEMENTS, sums),
        merged(a.moments(), b.moments()));
  }

  @Example
  void totalsAreWhatTheyAreCalled() {
    Samples samples =
        new Samples(
            new double[] {5, 7}, new double[][] {{1, 2, 3, 4, 5, 6}, {-1, 1, 0, 2, 3, -4}}, 3);
    Moments moments = samples.moments();
    assertThat(moments.count()).isEqualTo(2);
    assertThat(moments.lossSum()).isEqualTo(12);
    assertThat(moments.denominator()).isEqualTo(6);
    assertThat(new double[] {moments.sum(0), moments.sum(3), moments.sum(5)})
        .containsExactly(0, 6, 2);
    assertThat(new double[] {moments.squaredSum(0), moments.squaredSum(3), moments.squaredSum(5)})
        .containsExactly(2, 20, 52);
    assertThat(moments.layout()).isEqualTo(Samples.LAYOUT);
  }

  @Example
  void mergeLeavesTheOtherAsItWas() {
    Moments other = Samples.of(new double[] {1, 2, 3, 4, 5, 6}).moments();
    Moments into = Moments.empty(Samples.LAYOUT);
    into.merge(other);
    into.merge(other);
    assertThat(into.sum(5)).isEqualTo(12);
    assertThat(other.sum(5)).isEqualTo(6);
    assertThat(other.count()).isEqualTo(1);
  }

  @Example
  void otherParametersAreRefused() {
    ParameterLayout renamed =
        new ParameterLayout(List.of("1.weight", "0.bias"), List.of(Shape.of(2, 2), Shape.of(2)));
    Moments moments = Moments.empty(Samples.LAYOUT);
    assertThatThrownBy(() -> moments.merge(Moments.empty(renamed)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("different parameters");
    for (List<double[]> arrays :
        List.of(
            List.of(new double[3], new double[6]),
            List.of(new double[3], new double[6], new double[5]),
            List.of(new double[2], new double[6], new double[6]),
            List.of(new double[3], new double[6], new double[6], new double[6]))) {
      assertThatThrownBy(() -> Moments.ofArrays(Samples.LAYOUT, VarianceDetail.ELEMENTS, arrays))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("[3, 6, 6]");
    }
  }

  private static Moments merged(Moments a, Moments b) {
    a.merge(b);
    return a;
  }

  /** Blocks of random length in random order, each added to one of two moments, then merged. */
  private static Moments inShuffledParts(Samples samples, Random random) {
    TreeSet<Integer> cuts = new TreeSet<>(List.of(0, samples.count()));
    random.ints(3, 0, samples.count() + 1).forEach(cuts::add);
    List<Samples> parts = new ArrayList<>();
    for (int from : cuts.headSet(samples.count())) {
      parts.add(samples.range(from, cuts.higher(from)));
    }
    Collections.shuffle(parts, random);
    List<Moments> halves = List.of(Moments.empty(Samples.LAYOUT), Moments.empty(Samples.LAYOUT));
    parts.forEach(part -> part.addTo(halves.get(random.nextInt(2))));
    return merged(halves.get(0), halves.get(1));
  }

  /** Every total is the same number; the sign of a zero does not count. */
  private static void assertEqual(Moments found, Moments expected) {
    assertThat(found.layout()).isEqualTo(expected.layout());
    for (int a = 0; a < expected.arrays().size(); a++) {
      assertThat(withoutNegativeZero(found.arrays().get(a)))
          .containsExactly(withoutNegativeZero(expected.arrays().get(a)));
    }
  }

  private static double[] withoutNegativeZero(double[] values) {
    return Arrays.stream(values).map(x -> x + 0.0).toArray();
  }
}
