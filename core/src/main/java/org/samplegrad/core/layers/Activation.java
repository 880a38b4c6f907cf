package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.clip;
import static org.samplegrad.core.ops.Elementwise.divide;
import static org.samplegrad.core.ops.Elementwise.expm1;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.negate;
import static org.samplegrad.core.ops.Elementwise.negativePart;
import static org.samplegrad.core.ops.Elementwise.relu;
import static org.samplegrad.core.ops.Elementwise.scale;
import static org.samplegrad.core.ops.Elementwise.sigmoid;
import static org.samplegrad.core.ops.Elementwise.softplus;
import static org.samplegrad.core.ops.Elementwise.tanh;

import com.google.auto.service.AutoService;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Elementwise;

/**
 * Elementwise functions without parameters or options, as PyTorch's of the same name. A new one is
 * one entry here.
 */
public enum Activation implements Layer {
  /** {@code max(x, 0)}, with derivative 0 at 0. */
  RELU(Elementwise::relu),
  TANH(Elementwise::tanh),
  SIGMOID(Elementwise::sigmoid),

  /** {@code min(max(x, 0), 6)}. */
  RELU6(x -> clip(x, 0, 6)),

  /** Self-normalising (Klambauer and others 2017, whose two constants these are). */
  SELU(
      x ->
          scale(
              add(relu(x), scale(expm1(negativePart(x)), 1.6732632423543772848170429916717)),
              1.0507009873554804934193349852946)),

  /** {@code x sigmoid(x)}. */
  SILU(x -> multiply(x, sigmoid(x))),

  /** {@code x tanh(softplus(x))}. */
  MISH(x -> multiply(x, tanh(softplus(x)))),

  /** {@code min(max(x + 3, 0), 6) / 6}. */
  HARDSIGMOID(Activation::hardSigmoid),

  /** {@code x hardsigmoid(x)}. */
  HARDSWISH(x -> multiply(x, hardSigmoid(x))),

  /** {@code log(sigmoid(x))}. */
  LOGSIGMOID(x -> negate(softplus(negate(x)))),

  /** {@code x / (1 + |x|)}. */
  SOFTSIGN(x -> divide(x, add(Elementwise.abs(x), one(x)))),
  EXP(Elementwise::exp),
  LOG(Elementwise::log),
  SQRT(Elementwise::sqrt),
  ERF(Elementwise::erf),
  NEG(Elementwise::negate),

  /** {@code |x|}, with derivative 0 at 0. */
  ABS(Elementwise::abs);

  private final transient UnaryOperator<Variable> function;

  Activation(UnaryOperator<Variable> function) {
    this.function = function;
  }

  private static Variable hardSigmoid(Variable x) {
    return scale(clip(add(x, scale(one(x), 3)), 0, 6), 1.0 / 6);
  }

  private static Variable one(Variable x) {
    return Variable.constant(x.backend().fill(Shape.scalar(), 1));
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    return inputShape;
  }

  @Override
  public boolean commutesWithMaxPool() {
    return this == RELU;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return function.apply(input);
  }

  /** The name in model files. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Their names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return Arrays.stream(values())
          .map(activation -> new LayerKind(activation.toString(), options -> activation))
          .toList();
    }
  }
}
