package org.samplegrad.core.passes;

import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.KeptResults;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.core.losses.Targets;
import org.samplegrad.core.moments.Cotangents;
import org.samplegrad.core.moments.MomentFunctional;
import org.samplegrad.core.moments.MomentStatistics;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.persample.Quantity;

/**
 * The entry point for a program that has one batch in memory:
 *
 * <pre>{@code
 * try (LocalBatch batch = new LocalBatch(objective, parameters, block, Reduction.SUM, Precision.FLOAT64)) {
 *   double variance = batch.value(StandardFunctional.TOTAL_VARIANCE);
 *   ParameterVector gradient = batch.gradient(StandardFunctional.TOTAL_VARIANCE);
 * }
 * }</pre>
 *
 * <p>One thread at a time.
 */
public final class LocalBatch implements AutoCloseable {
  private final Objective objective;
  private final ParameterVector parameters;
  private final Block block;
  private final KeptResults kept = KeptResults.ofBlock();

  /** The same where the individual gradients are scaled by the reduction's factor. */
  private final KeptResults keptOfQuantities = KeptResults.ofBlock();

  private final Reduction reduction;
  private final Backend backend;
  private final Backend float64;
  private final Moments moments;

  /**
   * Computes the moments of the batch on the preferred backend of the precision.
   *
   * @throws IllegalArgumentException if parameters, inputs or targets do not fit the objective
   */
  public LocalBatch(
      Objective objective,
      ParameterVector parameters,
      Block block,
      Reduction reduction,
      Precision precision) {
    requireFit(objective, parameters, block);
    this.objective = objective;
    this.parameters = parameters;
    this.block = block;
    this.reduction = reduction;
    this.backend = Backends.open(Backends.AUTO, precision);
    this.float64 = Backends.open(Backends.AUTO, Precision.FLOAT64);
    this.moments = Moments.empty(parameters.layout());
    new MomentsPass(objective, parameters, backend).add(block, kept, moments);
  }

  private static void requireFit(Objective objective, ParameterVector parameters, Block block) {
    require("parameters", objective.model().parameters(), parameters.layout());
    require("samples of the shape", objective.model().inputShape(), block.sampleShape());
    TargetSpec target = objective.target();
    Targets found = block.targets();
    if (found.perSample() != target.perSample()) {
      throw new IllegalArgumentException(
          "The target of a sample should be %s, found %d numbers"
              .formatted(target.description(), found.perSample()));
    }
    for (int i = 0; i < found.values().length; i++) {
      String problem = target.problem(found.values()[i]);
      if (problem != null) {
        throw new IllegalArgumentException(
            "The target of sample %d: %s".formatted(i / target.perSample(), problem));
      }
    }
  }

  private static void require(String what, Object expected, Object found) {
    if (!expected.equals(found)) {
      throw new IllegalArgumentException(
          "The model takes %s %s, found %s".formatted(what, expected, found));
    }
  }

  /** The functional of the batch's moments. */
  public double value(MomentFunctional functional) {
    return cotangents(functional).value();
  }

  /** The gradient of the functional with respect to the parameters. */
  public ParameterVector gradient(MomentFunctional functional) {
    double[] totals = new double[parameters.layout().size()];
    Cotangents cotangents = cotangents(functional);
    backend.scoped(
        () -> {
          new PullBackPass(objective, parameters, cotangents, backend).add(block, kept, totals);
          return null;
        });
    return new ParameterVector(parameters.layout(), totals);
  }

  private Cotangents cotangents(MomentFunctional functional) {
    return Cotangents.of(functional, moments, reduction, float64);
  }

  public MomentStatistics statistics() {
    return MomentStatistics.of(moments, reduction);
  }

  /**
   * A quantity of one parameter, row-major in the shape that {@link Quantity} documents.
   *
   * @throws IllegalArgumentException if the model has no such parameter
   */
  public double[] quantity(String parameter, Quantity quantity) {
    int index =
        parameters.layout().entries().stream()
            .map(ParameterLayout.Entry::name)
            .toList()
            .indexOf(parameter);
    if (index < 0) {
      throw new IllegalArgumentException(
          "The model has no parameter '%s'; it has %s".formatted(parameter, parameters.layout()));
    }
    return backend.scoped(
        () -> {
          BlockGradients gradients =
              BlockGradients.of(
                  objective,
                  parameters.variables(backend, Variable::leaf),
                  block,
                  keptOfQuantities,
                  reduction.factor(moments),
                  BlockGradients.Recording.OFF);
          return backend.toDoubles(quantity.of(gradients.gradients().get(index)).value());
        });
  }

  @Override
  public void close() {
    kept.release();
    keptOfQuantities.release();
    backend.close();
    float64.close();
  }
}
