package org.samplegrad.core.ops;

import static org.samplegrad.core.ops.Primitives.broadcasting;
import static org.samplegrad.core.ops.Primitives.unary;

import org.samplegrad.core.autograd.Primitive;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;

/** Operations on corresponding elements; the binary ones broadcast as NumPy does. */
public final class Elementwise {
  private static final Primitive ADD =
      broadcasting(
          "add", Backend::add, (gradient, y, a, b) -> gradient, (gradient, y, a, b) -> gradient);

  private static final Primitive SUBTRACT =
      broadcasting(
          "subtract",
          Backend::subtract,
          (gradient, y, a, b) -> gradient,
          (gradient, y, a, b) -> negate(gradient));

  private static final Primitive MULTIPLY =
      broadcasting(
          "multiply",
          Backend::multiply,
          (gradient, y, a, b) -> multiply(gradient, b),
          (gradient, y, a, b) -> multiply(gradient, a));

  private static final Primitive DIVIDE =
      broadcasting(
          "divide",
          Backend::divide,
          (gradient, y, a, b) -> divide(gradient, b),
          (gradient, y, a, b) -> negate(multiply(gradient, divide(y, b))));

  private static final Primitive SQUARE =
      unary("square", Backend::square, (gradient, y, x) -> scale(multiply(gradient, x), 2));

  private static final Primitive SQRT =
      unary("sqrt", Backend::sqrt, (gradient, y, x) -> scale(divide(gradient, y), 0.5));

  private static final Primitive EXP =
      unary("exp", Backend::exp, (gradient, y, x) -> multiply(gradient, y));

  private static final Primitive LOG =
      unary("log", Backend::log, (gradient, y, x) -> divide(gradient, x));

  private static final Primitive TANH =
      unary(
          "tanh",
          Backend::tanh,
          (gradient, y, x) -> subtract(gradient, multiply(gradient, square(y))));

  private static final Primitive SIGMOID =
      unary(
          "sigmoid",
          Backend::sigmoid,
          (gradient, y, x) -> multiply(gradient, subtract(y, square(y))));

  private static final Primitive SOFTPLUS =
      unary("softplus", Backend::softplus, (gradient, y, x) -> multiply(gradient, sigmoid(x)));

  private static final double TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

  private static final Primitive ERF =
      unary(
          "erf",
          Backend::erf,
          (gradient, y, x) -> multiply(gradient, scale(exp(negate(square(x))), TWO_OVER_ROOT_PI)));

  private static final Primitive RELU =
      unary("relu", Backend::relu, (gradient, y, x) -> multiply(gradient, step(x)));

  private Elementwise() {}

  public static Variable add(Variable a, Variable b) {
    return ADD.apply(a, b);
  }

  public static Variable subtract(Variable a, Variable b) {
    return SUBTRACT.apply(a, b);
  }

  public static Variable multiply(Variable a, Variable b) {
    return MULTIPLY.apply(a, b);
  }

  public static Variable divide(Variable a, Variable b) {
    return DIVIDE.apply(a, b);
  }

  public static Variable negate(Variable x) {
    return scale(x, -1);
  }

  public static Variable scale(Variable x, double factor) {
    return unary(
            "scale",
            (backend, value) -> backend.scale(value, factor),
            (gradient, y, input) -> scale(gradient, factor))
        .apply(x);
  }

  public static Variable square(Variable x) {
    return SQUARE.apply(x);
  }

  public static Variable sqrt(Variable x) {
    return SQRT.apply(x);
  }

  public static Variable exp(Variable x) {
    return EXP.apply(x);
  }

  public static Variable log(Variable x) {
    return LOG.apply(x);
  }

  public static Variable tanh(Variable x) {
    return TANH.apply(x);
  }

  public static Variable sigmoid(Variable x) {
    return SIGMOID.apply(x);
  }

  /** {@code log(1 + exp(x))}. */
  public static Variable softplus(Variable x) {
    return SOFTPLUS.apply(x);
  }

  /** The error function. */
  public static Variable erf(Variable x) {
    return ERF.apply(x);
  }

  public static Variable relu(Variable x) {
    return RELU.apply(x);
  }

  /**
   * 1 where {@code x > 0}, else 0: a constant, since its derivative is zero wherever it has one.
   */
  static Variable step(Variable x) {
    return Variable.constant(x.backend().step(x.value()));
  }
}
