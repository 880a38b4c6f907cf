package org.samplegrad.core.passes;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.KeptResults;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.moments.Cotangents;
import org.samplegrad.core.moments.MomentFunctional;
import org.samplegrad.core.moments.MomentStatistics;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.parameters.ParameterVector;

/** The results of both passes over blocks in one process, as a job chains them. */
public record TwoPasses(double value, ParameterVector gradient, MomentStatistics statistics) {

  public static TwoPasses over(
      List<Block> blocks,
      Objective objective,
      ParameterVector parameters,
      MomentFunctional functional,
      Reduction reduction,
      Precision precision) {
    try (Backend backend = Backends.open(Backends.AUTO, precision);
        Backend float64 = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      Moments moments = Moments.empty(parameters.layout());
      MomentsPass first = new MomentsPass(objective, parameters, backend);
      Map<Block, KeptResults> kept = new IdentityHashMap<>();
      blocks.forEach(block -> kept.put(block, KeptResults.ofBlock()));
      blocks.forEach(block -> first.add(block, kept.get(block), moments));
      Cotangents cotangents = Cotangents.of(functional, moments, reduction, float64);
      double[] gradient = new double[parameters.layout().size()];
      PullBackPass second = new PullBackPass(objective, parameters, cotangents, backend);
      blocks.forEach(block -> second.add(block, kept.get(block), gradient));
      return new TwoPasses(
          cotangents.value(),
          new ParameterVector(parameters.layout(), gradient),
          MomentStatistics.of(moments, reduction));
    }
  }
}
