package org.samplegrad.core.ops;

import static org.samplegrad.core.ops.Primitives.broadcasting;
import static org.samplegrad.core.ops.Primitives.unary;

import org.samplegrad.core.autograd.Primitive;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;

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

  /** {@code exp(x) - 1 = tanh(x/2) (exp(x) + 1)}, which keeps the digits of small {@code x}. */
  private static final Primitive EXPM1 =
      unary(
          "expm1",
          (backend, x) -> {
            Tensor one = backend.fill(Shape.scalar(), 1);
            Tensor half = backend.tanh(backend.scale(x, 0.5));
            return backend.multiply(half, backend.add(backend.exp(x), one));
          },
          (gradient, y, x) -> multiply(gradient, exp(x)));

  private static final Primitive LOG =
      unary("log", Backend::log, (gradient, y, x) -> divide(gradient, x));

  private static final Primitive TANH =
      unary(
          "tanh",
          Backend::tanh,
          (gradient, y, x) -> subtract(gradient, multiply(gradient, square(y))));

  /** Its derivative is not {@code y - y^2}, which loses its digits where y is nearly 1. */
  private static final Primitive SIGMOID =
      unary(
          "sigmoid",
          Backend::sigmoid,
          (gradient, y, x) -> multiply(gradient, multiply(y, sigmoid(negate(x)))));

  private static final Primitive SOFTPLUS =
      unary("softplus", Backend::softplus, (gradient, y, x) -> multiply(gradient, sigmoid(x)));

  private static final double TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

  private static final Primitive ERF =
      unary(
          "erf",
          Backend::erf,
          (gradient, y, x) -> multiply(gradient, scale(exp(negate(square(x))), TWO_OVER_ROOT_PI)));

  private static final Primitive RELU =
      unary("relu", Backend::relu, (gradient, y, x) -> maskPositive(gradient, x));

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

  /**
   * {@code sqrt(x)} of sums of squares; where these are 0 so is every derivative, as PyTorch's of
   * {@code torch.linalg.vector_norm}.
   */
  public static Variable sqrtOfSquares(Variable x) {
    Variable positive = step(x);
    Variable zero = subtract(constant(x, 1), positive);
    return multiply(positive, sqrt(add(x, zero)));
  }

  public static Variable exp(Variable x) {
    return EXP.apply(x);
  }

  /** {@code exp(x) - 1}. */
  public static Variable expm1(Variable x) {
    return EXPM1.apply(x);
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

  /** {@code softplus(x)}, and {@code x} where it exceeds a threshold that may be infinite. */
  public static Variable softplus(Variable x, double threshold) {
    Variable smooth = softplus(x);
    if (threshold == Double.POSITIVE_INFINITY) {
      return smooth;
    }
    Variable beyond = step(subtract(x, constant(x, threshold)));
    return add(smooth, multiply(beyond, subtract(x, smooth)));
  }

  public static Variable relu(Variable x) {
    return RELU.apply(x);
  }

  /** {@code gradient} where {@code x > 0}, else 0; {@code x} is a constant here. */
  private static Variable maskPositive(Variable gradient, Variable x) {
    Tensor mask = x.value();
    return unary(
            "maskPositive",
            (backend, value) -> backend.maskPositive(value, mask),
            (outer, y, input) -> maskPositive(outer, x))
        .apply(gradient);
  }

  /** {@code min(x, 0)}, with derivative 1 at 0, so that it adds up with {@link #relu} to x. */
  public static Variable negativePart(Variable x) {
    return subtract(x, relu(x));
  }

  /** {@code |x|}, with derivative 0 at 0. */
  public static Variable abs(Variable x) {
    return add(relu(x), relu(negate(x)));
  }

  /**
   * {@code x} between two bounds, either of which may be infinite, and otherwise the nearer one;
   * the derivative is 0 at the bounds, as PyTorch's.
   */
  public static Variable clip(Variable x, double minimum, double maximum) {
    Variable inside = constant(x, 1);
    Variable result = null;
    if (minimum > Double.NEGATIVE_INFINITY) {
      Variable above = step(subtract(x, constant(x, minimum)));
      inside = multiply(inside, above);
      result = scale(subtract(constant(x, 1), above), minimum);
    }
    if (maximum < Double.POSITIVE_INFINITY) {
      Variable below = step(subtract(constant(x, maximum), x));
      inside = multiply(inside, below);
      Variable atMaximum = scale(subtract(constant(x, 1), below), maximum);
      result = result == null ? atMaximum : add(result, atMaximum);
    }
    return result == null ? x : add(multiply(x, inside), result);
  }

  private static Variable constant(Variable like, double value) {
    return Variable.constant(like.backend().fill(Shape.scalar(), value));
  }

  /**
   * {@code x^exponent}; negative numbers have powers with integer exponents only. Integer and
   * half-integer powers are made of products, so that they are as accurate.
   */
  public static Variable power(Variable x, double exponent) {
    if (exponent == 0) {
      return Variable.constant(x.backend().fill(x.shape(), 1));
    }
    if (exponent == 1) {
      return x;
    }
    return unary(
            "power",
            (backend, value) -> power(backend, value, exponent),
            (gradient, y, input) -> multiply(gradient, scale(power(input, exponent - 1), exponent)))
        .apply(x);
  }

  private static Tensor power(Backend backend, Tensor x, double exponent) {
    double whole = Math.floor(exponent);
    if (Math.abs(whole) > Integer.MAX_VALUE || (exponent != whole && exponent != whole + 0.5)) {
      return backend.exp(backend.scale(backend.log(x), exponent));
    }
    Tensor result = exponent == whole ? backend.fill(x.shape(), 1) : backend.sqrt(x);
    Tensor square = whole < 0 ? backend.divide(backend.fill(Shape.scalar(), 1), x) : x;
    for (long rest = Math.abs((long) whole); rest > 0; rest /= 2) {
      if (rest % 2 == 1) {
        result = backend.multiply(result, square);
      }
      square = backend.square(square);
    }
    return result;
  }

  /**
   * 1 where {@code x > 0}, else 0: a constant, since its derivative is zero wherever it has one.
   */
  static Variable step(Variable x) {
    return Variable.constant(x.backend().step(x.value()));
  }
}
