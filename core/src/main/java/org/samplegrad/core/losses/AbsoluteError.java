package org.samplegrad.core.losses;

import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Shapes.sumPerSample;

import com.google.auto.service.AutoService;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/** {@code sum_k |z[n,k] - y[n,k]|}, with derivative 0 at 0, as {@code torch.nn.L1Loss}. */
public record AbsoluteError() implements Loss {

  @Override
  public TargetSpec target(Shape outputShape) {
    return new TargetSpec.Numbers(outputShape.size());
  }

  @Override
  public Variable losses(Variable predictions, Targets targets) {
    Variable residual = Residuals.of(predictions, targets);
    return sumPerSample(multiply(residual, Residuals.signBeyond(residual, 0)));
  }

  @Override
  public double denominator(Shape outputShape, Targets targets) {
    return targets.values().length;
  }

  /** Its name on the command line. */
  @AutoService(LossKind.Provider.class)
  public static final class CatalogueEntry implements LossKind.Provider {
    @Override
    public LossKind kind() {
      return new LossKind("l1", options -> new AbsoluteError());
    }
  }
}
