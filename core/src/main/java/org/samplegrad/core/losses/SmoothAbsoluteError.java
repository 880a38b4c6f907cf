package org.samplegrad.core.losses;

import static org.samplegrad.core.ops.Elementwise.scale;

import com.google.auto.service.AutoService;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/**
 * The {@link Huber} loss of the bound {@code beta} over {@code beta}, as {@code
 * torch.nn.SmoothL1Loss}.
 *
 * @param beta above 0
 */
public record SmoothAbsoluteError(double beta) implements Loss {

  public SmoothAbsoluteError {
    if (!(beta > 0)) {
      throw new IllegalArgumentException("beta must be above 0; found " + beta);
    }
  }

  private Huber huber() {
    return new Huber(beta);
  }

  @Override
  public TargetSpec target(Shape outputShape) {
    return huber().target(outputShape);
  }

  @Override
  public Variable losses(Variable predictions, Targets targets) {
    return scale(huber().losses(predictions, targets), 1 / beta);
  }

  @Override
  public double denominator(Shape outputShape, Targets targets) {
    return huber().denominator(outputShape, targets);
  }

  /** Its name on the command line. */
  @AutoService(LossKind.Provider.class)
  public static final class CatalogueEntry implements LossKind.Provider {
    @Override
    public LossKind kind() {
      return new LossKind(
          "smooth-l1", options -> new SmoothAbsoluteError(options.number("beta", 1)));
    }
  }
}
