package org.samplegrad.core.losses;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.scale;
import static org.samplegrad.core.ops.Elementwise.square;
import static org.samplegrad.core.ops.Elementwise.subtract;
import static org.samplegrad.core.ops.Shapes.sumPerSample;

import com.google.auto.service.AutoService;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/**
 * {@code sum_k h(z[n,k] - y[n,k])} with {@code h(x) = x^2/2} where {@code |x| < delta}, else {@code
 * delta (|x| - delta/2)}, as {@code torch.nn.HuberLoss}; the second derivative at the bound is 0.
 *
 * @param delta above 0
 */
public record Huber(double delta) implements Loss {

  public Huber {
    if (!(delta > 0)) {
      throw new IllegalArgumentException("delta must be above 0; found " + delta);
    }
  }

  @Override
  public TargetSpec target(Shape outputShape) {
    return new TargetSpec.Numbers(outputShape.size());
  }

  @Override
  public Variable losses(Variable predictions, Targets targets) {
    Variable residual = Residuals.of(predictions, targets);
    Variable sign = Residuals.signBeyond(residual, delta);
    Variable beyond = square(sign);
    Variable within = subtract(residual, multiply(beyond, residual));
    Variable linear = subtract(multiply(sign, residual), scale(beyond, delta / 2));
    return sumPerSample(add(scale(square(within), 0.5), scale(linear, delta)));
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
      return new LossKind("huber", options -> new Huber(options.number("delta", 1)));
    }
  }
}
