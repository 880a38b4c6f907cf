package org.samplegrad.core.moments;

import java.util.List;
import org.samplegrad.core.backend.SampleSums;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.parameters.ParameterLayout;

/**
 * Mergeable float64 totals over samples: the count N, the summed loss, the loss's denominator, and
 * the first and second moments {@code S1 = sum_n g_n}, {@code S2 = sum_n g_n * g_n} of the
 * individual gradients. An empty one is the identity of {@link #merge}.
 */
public final class Moments {
  /** The totals in {@link #arrays()} that are not per parameter element: N, loss, denominator. */
  private static final int COUNT = 0;

  private static final int LOSS = 1;
  private static final int DENOMINATOR = 2;
  private static final int SCALARS = 3;

  private final ParameterLayout layout;
  private final ParameterLayout squaredLayout;
  private final double[] scalars;
  private final double[] sum;
  private final double[] squaredSum;

  private Moments(
      ParameterLayout layout,
      ParameterLayout squaredLayout,
      double[] scalars,
      double[] sum,
      double[] squaredSum) {
    this.layout = layout;
    this.squaredLayout = squaredLayout;
    this.scalars = scalars;
    this.sum = sum;
    this.squaredSum = squaredSum;
  }

  /** The totals over no samples, with second moments of all elements. */
  public static Moments empty(ParameterLayout layout) {
    return empty(layout, VarianceDetail.ELEMENTS);
  }

  /** The totals over no samples. */
  public static Moments empty(ParameterLayout layout, VarianceDetail detail) {
    return ofArrays(
        layout, detail, arrayLengths(layout, detail).stream().map(double[]::new).toList());
  }

  /**
   * The inverse of {@link #arrays()}.
   *
   * @throws IllegalArgumentException if the lengths are not those of {@link #arrayLengths}
   */
  public static Moments ofArrays(
      ParameterLayout layout, VarianceDetail detail, List<double[]> arrays) {
    List<Integer> lengths = arrays.stream().map(array -> array.length).toList();
    if (!lengths.equals(arrayLengths(layout, detail))) {
      throw new IllegalArgumentException(
          "Moments of this layout have arrays of lengths %s, found %s"
              .formatted(arrayLengths(layout, detail), lengths));
    }
    return new Moments(layout, detail.of(layout), arrays.get(0), arrays.get(1), arrays.get(2));
  }

  public static List<Integer> arrayLengths(ParameterLayout layout, VarianceDetail detail) {
    return List.of(SCALARS, layout.size(), detail.of(layout).size());
  }

  /** All totals, not copied: adding these arrays elementwise is what {@link #merge} does. */
  public List<double[]> arrays() {
    return List.of(scalars, sum, squaredSum);
  }

  /**
   * Adds the samples of one block.
   *
   * @param sums per parameter, in the layout's order and shapes; the squared sums in the shapes of
   *     {@link #squaredLayout()}
   */
  public void add(int samples, double loss, double denominator, List<SampleSums> sums) {
    scalars[COUNT] += samples;
    scalars[LOSS] += loss;
    scalars[DENOMINATOR] += denominator;
    for (int i = 0; i < sums.size(); i++) {
      addTo(sum, layout.entries().get(i), sums.get(i).sum());
      addTo(squaredSum, squaredLayout.entries().get(i), sums.get(i).squaredSum());
    }
  }

  private static void addTo(double[] totals, ParameterLayout.Entry entry, Tensor tensor) {
    tensor.backend().addTo(tensor, totals, entry.offset());
  }

  /**
   * Adds the totals over other samples.
   *
   * @throws IllegalArgumentException if they are of other parameters, or in another detail
   */
  public void merge(Moments other) {
    if (!layout.equals(other.layout) || !squaredLayout.equals(other.squaredLayout)) {
      throw new IllegalArgumentException("Moments of different parameters cannot be merged");
    }
    for (int a = 0; a < arrays().size(); a++) {
      double[] into = arrays().get(a);
      double[] from = other.arrays().get(a);
      for (int i = 0; i < into.length; i++) {
        into[i] += from[i];
      }
    }
  }

  public ParameterLayout layout() {
    return layout;
  }

  /** Where the second moments lie: the layout, or one number for each parameter. */
  public ParameterLayout squaredLayout() {
    return squaredLayout;
  }

  /** Whether there is a second moment for every element. */
  public boolean holdsElements() {
    return squaredLayout.equals(layout);
  }

  /** The number of samples, N. */
  public long count() {
    return (long) scalars[COUNT];
  }

  public double lossSum() {
    return scalars[LOSS];
  }

  /** What {@code reduction=mean} divides the summed loss by. */
  public double denominator() {
    return scalars[DENOMINATOR];
  }

  public double sum(int index) {
    return sum[index];
  }

  public double squaredSum(int index) {
    return squaredSum[index];
  }

  /** {@code sum_n ||g_n||^2}, over all parameters. */
  public double squares() {
    double sum = 0;
    for (double square : squaredSum) {
      sum += square;
    }
    return sum;
  }
}
