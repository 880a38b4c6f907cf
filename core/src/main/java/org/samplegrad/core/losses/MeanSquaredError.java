package org.samplegrad.core.losses;

import static org.samplegrad.core.ops.Elementwise.square;
import static org.samplegrad.core.ops.Shapes.sumPerSample;

import com.google.auto.service.AutoService;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/** {@code sum_k (z[n,k] - y[n,k])^2}, as {@code torch.nn.MSELoss}. */
public record MeanSquaredError() implements Loss {

  @Override
  public TargetSpec target(Shape outputShape) {
    return new TargetSpec.Numbers(outputShape.size());
  }

  @Override
  public Variable losses(Variable predictions, Targets targets) {
    return sumPerSample(square(Residuals.of(predictions, targets)));
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
      return new LossKind("mse", options -> new MeanSquaredError());
    }
  }
}
