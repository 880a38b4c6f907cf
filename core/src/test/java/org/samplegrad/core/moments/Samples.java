package org.samplegrad.core.moments;

import java.util.Arrays;
import java.util.List;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.SampleSums;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.parameters.ParameterLayout;

/**
 * Samples given by their losses and individual gradients, and their moments.
 *
 * @param gradients {@code [n, D]}
 * @param denominatorPerSample what each sample adds to the denominator
 */
record Samples(double[] losses, double[][] gradients, int denominatorPerSample) {
  static final ParameterLayout LAYOUT =
      new ParameterLayout(List.of("0.weight", "0.bias"), List.of(Shape.of(2, 2), Shape.of(2)));

  static final int SIZE = LAYOUT.size();

  static Samples of(double[]... gradients) {
    return new Samples(new double[gradients.length], gradients, 1);
  }

  int count() {
    return gradients.length;
  }

  Samples range(int from, int to) {
    return new Samples(
        Arrays.copyOfRange(losses, from, to),
        Arrays.copyOfRange(gradients, from, to),
        denominatorPerSample);
  }

  /** The moments of all samples, added as one block. */
  Moments moments() {
    Moments moments = Moments.empty(LAYOUT);
    addTo(moments);
    return moments;
  }

  void addTo(Moments moments) {
    double loss = 0;
    double[] sum = new double[SIZE];
    double[] squaredSum = new double[SIZE];
    for (int n = 0; n < count(); n++) {
      loss += losses[n];
      for (int j = 0; j < SIZE; j++) {
        sum[j] += gradients[n][j];
        squaredSum[j] += gradients[n][j] * gradients[n][j];
      }
    }
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      moments.add(
          count(),
          loss,
          count() * denominatorPerSample,
          LAYOUT.entries().stream()
              .map(e -> new SampleSums(part(backend, sum, e), part(backend, squaredSum, e)))
              .toList());
    }
  }

  private static Tensor part(Backend backend, double[] values, ParameterLayout.Entry entry) {
    double[] part = Arrays.copyOfRange(values, entry.offset(), entry.offset() + entry.size());
    return backend.tensor(entry.shape(), part);
  }

  double[] mean(double factor) {
    double[] mean = new double[SIZE];
    for (double[] gradient : gradients) {
      for (int j = 0; j < SIZE; j++) {
        mean[j] += factor * gradient[j] / count();
      }
    }
    return mean;
  }

  /** The mean squared deviation from the mean, per element. */
  double[] variance(double factor) {
    double[] mean = mean(factor);
    double[] variance = new double[SIZE];
    for (double[] gradient : gradients) {
      for (int j = 0; j < SIZE; j++) {
        variance[j] += Math.pow(factor * gradient[j] - mean[j], 2) / count();
      }
    }
    return variance;
  }
}
