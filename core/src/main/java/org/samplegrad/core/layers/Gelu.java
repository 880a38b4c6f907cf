package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.erf;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.scale;
import static org.samplegrad.core.ops.Elementwise.square;
import static org.samplegrad.core.ops.Elementwise.tanh;

import com.google.auto.service.AutoService;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/**
 * {@code x Phi(x)} with the distribution function of the standard normal, as {@code torch.nn.GELU}.
 *
 * @param approximate whether {@code Phi} is PyTorch's approximation by a hyperbolic tangent, {@code
 *     (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2}
 */
public record Gelu(boolean approximate) implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    return inputShape;
  }

  /** The arrays between input and output. */
  @Override
  public long scratchElements(Shape inputShape) {
    return (approximate ? 8L : 4L) * inputShape.size();
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    Variable one = Variable.constant(input.backend().fill(Shape.scalar(), 1));
    Variable odd = approximate ? tanh(cubic(input)) : erf(scale(input, Math.sqrt(0.5)));
    return multiply(scale(input, 0.5), add(odd, one));
  }

  private static Variable cubic(Variable x) {
    Variable cube = multiply(x, square(x));
    return scale(add(x, scale(cube, 0.044715)), Math.sqrt(2 / Math.PI));
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind(
              "gelu",
              options -> new Gelu(options.choice("approximate", "none", "tanh").equals("tanh"))));
    }
  }
}
