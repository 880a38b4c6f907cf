package org.samplegrad.core.passes;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.scale;
import static org.samplegrad.core.ops.Shapes.sumAll;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.models.ForwardTrace;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * The slow, obvious oracle: one backward per sample, with nothing factored, merged or distributed,
 * so that it shares no shortcut with what it checks.
 *
 * @param totalVariance {@code V = mean_n ||g_n - mean||^2}
 * @param gradient {@code (2/N) sum_n H_n (g_n - mean)}
 */
public record NaiveLoop(
    double totalVariance,
    ParameterVector meanGradient,
    ParameterVector variance,
    ParameterVector gradient) {

  /**
   * @param samples blocks of one sample each, at least one
   */
  public static NaiveLoop over(
      Objective objective,
      ParameterVector parameters,
      List<Block> samples,
      Reduction reduction,
      Backend backend) {
    double factor = factor(objective, samples, reduction);
    int size = parameters.layout().size();
    List<double[]> individual = gradients(objective, parameters, samples, factor, backend);
    double[] mean = new double[size];
    for (double[] gradient : individual) {
      for (int j = 0; j < size; j++) {
        mean[j] += gradient[j] / samples.size();
      }
    }
    double[] variance = new double[size];
    for (double[] deviation : individual) {
      for (int j = 0; j < size; j++) {
        deviation[j] -= mean[j];
        variance[j] += deviation[j] * deviation[j] / samples.size();
      }
    }
    double[] total = products(objective, parameters, samples, individual, factor, backend);
    double totalVariance = 0;
    for (double v : variance) {
      totalVariance += v;
    }
    return new NaiveLoop(
        totalVariance,
        new ParameterVector(parameters.layout(), mean),
        new ParameterVector(parameters.layout(), variance),
        new ParameterVector(parameters.layout(), total));
  }

  /**
   * {@code (2/N) sum_n H_n g_n}, the gradient of the mean squared norm: what a job that subtracts
   * after summing has in its arrays, so that its roundings are a share of this.
   *
   * @param samples blocks of one sample each, at least one
   */
  public static ParameterVector meanSquaredNormGradient(
      Objective objective,
      ParameterVector parameters,
      List<Block> samples,
      Reduction reduction,
      Backend backend) {
    double factor = factor(objective, samples, reduction);
    List<double[]> individual = gradients(objective, parameters, samples, factor, backend);
    return new ParameterVector(
        parameters.layout(), products(objective, parameters, samples, individual, factor, backend));
  }

  private static List<double[]> gradients(
      Objective objective,
      ParameterVector parameters,
      List<Block> samples,
      double factor,
      Backend backend) {
    List<double[]> individual = new ArrayList<>();
    for (Block sample : samples) {
      individual.add(
          backward(objective, parameters, sample, factor, backend, NaiveLoop::gradientOf));
    }
    return individual;
  }

  /** {@code (2/N) sum_n H_n d_n}. */
  private static double[] products(
      Objective objective,
      ParameterVector parameters,
      List<Block> samples,
      List<double[]> directions,
      double factor,
      Backend backend) {
    double[] total = new double[parameters.layout().size()];
    for (int n = 0; n < samples.size(); n++) {
      ParameterVector direction = new ParameterVector(parameters.layout(), directions.get(n));
      double[] product =
          backward(
              objective,
              parameters,
              samples.get(n),
              factor,
              backend,
              evaluated -> hessianProductOf(evaluated, direction));
      for (int j = 0; j < total.length; j++) {
        total[j] += 2 * product[j] / samples.size();
      }
    }
    return total;
  }

  private static double factor(Objective objective, List<Block> samples, Reduction reduction) {
    return reduction.factor(
        samples.stream().mapToDouble(sample -> objective.denominator(sample.targets())).sum());
  }

  private record Evaluated(Variable loss, List<Variable> parameters) {}

  private static double[] backward(
      Objective objective,
      ParameterVector parameters,
      Block sample,
      double factor,
      Backend backend,
      Function<Evaluated, List<Variable>> derivative) {
    return backend.scoped(
        () -> {
          List<Variable> leaves = parameters.variables(backend, Variable::leaf);
          Variable input = Variable.constant(sample.inputs(backend));
          ForwardTrace trace = objective.model().forward(leaves, input);
          Variable losses = objective.loss().losses(trace.output(), sample.targets());
          Variable loss = scale(sumAll(losses), factor);
          double[] values = new double[parameters.layout().size()];
          List<Variable> result = derivative.apply(new Evaluated(loss, leaves));
          for (int i = 0; i < result.size(); i++) {
            int offset = parameters.layout().entries().get(i).offset();
            backend.addTo(result.get(i).value(), values, offset);
          }
          return values;
        });
  }

  private static List<Variable> gradientOf(Evaluated evaluated) {
    return Gradients.constantsOf(evaluated.loss(), evaluated.parameters());
  }

  /** {@code H_n d} as the gradient of {@code <g_n, d>} with {@code d} constant. */
  private static List<Variable> hessianProductOf(Evaluated evaluated, ParameterVector direction) {
    List<Variable> gradients = Gradients.of(evaluated.loss(), evaluated.parameters());
    List<Variable> constants = direction.variables(evaluated.loss().backend(), Variable::constant);
    Variable product = null;
    for (int i = 0; i < gradients.size(); i++) {
      Variable term = sumAll(multiply(gradients.get(i), constants.get(i)));
      product = product == null ? term : add(product, term);
    }
    return Gradients.constantsOf(product, evaluated.parameters());
  }
}
