package org.samplegrad.core.passes;

import static org.samplegrad.core.ops.Elementwise.scale;
import static org.samplegrad.core.ops.Shapes.sumAll;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.KeptResults;
import org.samplegrad.core.models.ForwardTrace;
import org.samplegrad.core.models.ForwardTrace.LayerUse;
import org.samplegrad.core.persample.PerSampleGradient;

/**
 * The losses and per-sample gradients of one block.
 *
 * @param losses {@code [n]}
 * @param gradients one structure per parameter, in the model's order
 */
record BlockGradients(Variable losses, List<PerSampleGradient> gradients) {

  /** Whether the gradients can be differentiated in turn. */
  enum Recording {
    OFF,
    ON
  }

  /** What every pass over a block begins with. */
  private record Evaluation(List<LayerUse> uses, Variable losses, List<Variable> outputGradients) {}

  /**
   * One forward and one backward evaluation. The losses of different samples do not interact, so
   * the gradient of their sum with respect to a layer's output holds each sample's own.
   *
   * @param kept of this block's evaluations with these parameters and this factor
   * @param factor what each individual gradient is multiplied by
   */
  static BlockGradients of(
      Objective objective,
      List<Variable> parameters,
      Block block,
      KeptResults kept,
      double factor,
      Recording recording) {
    Backend backend = parameters.get(0).backend();
    Variable input = Variable.constant(block.inputs(backend));
    Evaluation evaluation =
        backend.evaluateWith(
            kept,
            () -> {
              ForwardTrace trace = objective.model().forward(parameters, input);
              Variable losses = objective.loss().losses(trace.output(), block.targets());
              Variable total = scale(sumAll(losses), factor);
              List<Variable> outputs = trace.uses().stream().map(LayerUse::output).toList();
              List<Variable> outputGradients =
                  recording == Recording.ON
                      ? Gradients.of(total, outputs)
                      : Gradients.constantsOf(total, outputs);
              return new Evaluation(trace.uses(), losses, outputGradients);
            });
    List<PerSampleGradient> gradients =
        new ArrayList<>(Collections.nCopies(parameters.size(), null));
    for (int u = 0; u < evaluation.uses().size(); u++) {
      LayerUse use = evaluation.uses().get(u);
      Variable layerInput = recording == Recording.ON ? use.input() : use.input().detach();
      List<PerSampleGradient> ofLayer =
          use.gradients().of(layerInput, evaluation.outputGradients().get(u));
      for (int i = 0; i < ofLayer.size(); i++) {
        int parameter = use.parameters().get(i);
        PerSampleGradient earlier = gradients.get(parameter);
        PerSampleGradient own = ofLayer.get(i);
        gradients.set(parameter, earlier == null ? own : earlier.plus(own));
      }
    }
    return new BlockGradients(evaluation.losses(), gradients);
  }
}
