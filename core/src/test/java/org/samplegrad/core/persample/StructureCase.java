package org.samplegrad.core.persample;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.NaiveArray;
import org.samplegrad.core.backend.NaiveArrays;
import org.samplegrad.core.backend.NaiveWindows;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;

/**
 * A structure with random factors beside its individual gradients, computed by plain loops.
 *
 * @param individual {@code [n, D]}
 */
record StructureCase(String name, PerSampleGradient structure, double[][] individual) {

  static List<StructureCase> all(Backend backend) {
    return Stream.of(ofOneUse(backend), ofTwoUses(backend), ofTwoUsesInConvolutions(backend))
        .flatMap(List::stream)
        .toList();
  }

  /** Every pair of structures of the same parameter. */
  private static List<StructureCase> ofTwoUses(Backend backend) {
    Shape shape = Shape.of(4, 5);
    List<StructureCase> uses =
        List.of(
            dense(backend, 3, shape),
            outerProduct(backend, 3, 4, 5),
            summedOuterProduct(backend, "one group", 3, 1, 4, 5, 2, shape),
            summedOuterProduct(backend, "two groups", 3, 2, 2, 5, 3, shape));
    return uses.stream()
        .flatMap(first -> uses.stream().map(second -> plus(first, second)))
        .toList();
  }

  private static List<StructureCase> ofTwoUsesInConvolutions(Backend backend) {
    StructureCase first = convolution(backend, Window.ofKernel(2, 2), 2);
    StructureCase second = convolution(backend, Window.ofKernel(2, 2).withPadding(1), 2);
    StructureCase dense = dense(backend, 3, Shape.of(2, 2, 2, 2));
    return List.of(plus(first, second), plus(first, dense));
  }

  private static StructureCase plus(StructureCase first, StructureCase second) {
    double[][] individual = new double[first.samples()][first.size()];
    for (int n = 0; n < individual.length; n++) {
      for (int j = 0; j < individual[n].length; j++) {
        individual[n][j] = first.individual[n][j] + second.individual[n][j];
      }
    }
    PerSampleGradient sum = first.structure.plus(second.structure);
    return new StructureCase(first + " plus " + second, sum, individual);
  }

  private static List<StructureCase> ofOneUse(Backend backend) {
    return List.of(
        dense(backend, 1, Shape.of(3)),
        dense(backend, 4, Shape.of(2, 3)),
        outerProduct(backend, 1, 3, 2),
        outerProduct(backend, 5, 3, 4),
        summedOuterProduct(backend, "Gram form", 3, 1, 4, 5, 2),
        summedOuterProduct(backend, "Gram form, groups", 3, 2, 4, 5, 2),
        summedOuterProduct(backend, "direct form", 3, 1, 4, 5, 3),
        summedOuterProduct(backend, "direct form, groups", 3, 2, 2, 3, 7),
        summedOuterProduct(backend, "one sample", 1, 3, 2, 2, 4),
        convolution(backend, Window.ofKernel(2, 3).withStride(2, 1).withPadding(1), 1),
        convolution(backend, Window.ofKernel(2, 2), 2));
  }

  private static StructureCase convolution(Backend backend, Window window, int groups) {
    int samples = 3;
    Random random = new Random(groups);
    NaiveArray images = NaiveArray.random(random, samples, 4, 3, 4);
    int height = window.outputExtent(0, 3);
    int width = window.outputExtent(1, 4);
    NaiveArray outputGradient = NaiveArray.random(random, samples, 2, height, width);
    Shape shape = Shape.of(2, 4 / groups, window.kernel(0), window.kernel(1));
    double[][] individual = new double[samples][];
    for (int n = 0; n < samples; n++) {
      individual[n] =
          NaiveWindows.convolveWeightGradient(
                  NaiveArrays.slice(images, 0, n, n + 1),
                  NaiveArrays.slice(outputGradient, 0, n, n + 1),
                  shape,
                  window,
                  groups)
              .values();
    }
    return new StructureCase(
        "convolution in " + groups + " groups",
        new ConvolutionGradient(
            Variable.leaf(outputGradient.on(backend)),
            Variable.leaf(images.on(backend)),
            shape,
            window,
            groups),
        individual);
  }

  private static StructureCase dense(Backend backend, int samples, Shape shape) {
    double[] values = random(samples * shape.size());
    double[][] individual = new double[samples][];
    for (int n = 0; n < samples; n++) {
      individual[n] = Arrays.copyOfRange(values, n * shape.size(), (n + 1) * shape.size());
    }
    Variable gradients = leaf(backend, values, shape.prepend(samples));
    return new StructureCase("dense " + shape, new DenseGradient(gradients), individual);
  }

  private static StructureCase outerProduct(Backend backend, int samples, int outputs, int inputs) {
    double[] delta = random(samples * outputs);
    double[] input = random(samples * inputs);
    double[][] individual = new double[samples][outputs * inputs];
    for (int n = 0; n < samples; n++) {
      for (int o = 0; o < outputs; o++) {
        for (int i = 0; i < inputs; i++) {
          individual[n][o * inputs + i] = delta[n * outputs + o] * input[n * inputs + i];
        }
      }
    }
    return new StructureCase(
        "outer product of " + samples,
        new OuterProductGradient(
            leaf(backend, delta, Shape.of(samples, outputs)),
            leaf(backend, input, Shape.of(samples, inputs))),
        individual);
  }

  private static StructureCase summedOuterProduct(
      Backend backend,
      String name,
      int samples,
      int groups,
      int outputs,
      int inputs,
      int positions) {
    Shape shape = Shape.of(groups * outputs, inputs, 1);
    return summedOuterProduct(backend, name, samples, groups, outputs, inputs, positions, shape);
  }

  private static StructureCase summedOuterProduct(
      Backend backend,
      String name,
      int samples,
      int groups,
      int outputs,
      int inputs,
      int positions,
      Shape shape) {
    double[] delta = random(samples * groups * outputs * positions);
    double[] input = random(samples * groups * inputs * positions);
    double[][] individual = new double[samples][groups * outputs * inputs];
    for (int block = 0; block < samples * groups; block++) {
      for (int o = 0; o < outputs; o++) {
        for (int i = 0; i < inputs; i++) {
          double sum = 0;
          for (int p = 0; p < positions; p++) {
            sum +=
                delta[(block * outputs + o) * positions + p]
                    * input[(block * inputs + i) * positions + p];
          }
          individual[block / groups][((block % groups) * outputs + o) * inputs + i] = sum;
        }
      }
    }
    return new StructureCase(
        "summed outer product, " + name,
        new SummedOuterProductGradient(
            leaf(backend, delta, Shape.of(samples, groups, outputs, positions)),
            leaf(backend, input, Shape.of(samples, groups, inputs, positions)),
            shape),
        individual);
  }

  static double[] random(int size) {
    return new Random(size).doubles(size, -2, 2).toArray();
  }

  private static Variable leaf(Backend backend, double[] values, Shape shape) {
    return Variable.leaf(backend.tensor(shape, values));
  }

  int samples() {
    return individual.length;
  }

  int size() {
    return individual[0].length;
  }

  double[] sum() {
    double[] sum = new double[size()];
    for (double[] gradient : individual) {
      Arrays.setAll(sum, j -> sum[j] + gradient[j]);
    }
    return sum;
  }

  double[] squaredSum() {
    double[] sum = new double[size()];
    for (double[] gradient : individual) {
      Arrays.setAll(sum, j -> sum[j] + gradient[j] * gradient[j]);
    }
    return sum;
  }

  double[] squaredNorms() {
    return Arrays.stream(individual)
        .mapToDouble(gradient -> Arrays.stream(gradient).map(g -> g * g).sum())
        .toArray();
  }

  double[] expanded() {
    return Arrays.stream(individual).flatMapToDouble(Arrays::stream).toArray();
  }

  /** The mean squared deviation from the mean. */
  double[] variance() {
    double[] variance = new double[size()];
    for (double[] gradient : individual) {
      for (int j = 0; j < size(); j++) {
        variance[j] += Math.pow(gradient[j] - sum()[j] / samples(), 2) / samples();
      }
    }
    return variance;
  }

  @Override
  public String toString() {
    return name;
  }
}
