package org.samplegrad.core.ops;

import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.negate;
import static org.samplegrad.core.ops.Primitives.binary;
import static org.samplegrad.core.ops.Primitives.unary;
import static org.samplegrad.core.ops.Shapes.sum;

import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.LogProbabilities;
import org.samplegrad.core.backend.Tensor;

/**
 * The softmax {@code p = exp(x) / sum(exp(x))} over one axis, its logarithm, and two maps that all
 * their derivatives are made of: {@code D} takes a change {@code u} of the scores to that of {@code
 * log p}, {@code (D u)_k = sum_j p_j (u_k - u_j)}, and {@code D^T} is its adjoint, {@code (D^T t)_k
 * = t_k - p_k sum_j t_j}. The Jacobian of the softmax is {@code p * D}, which is symmetric. So the
 * family is closed under differentiation.
 *
 * <p>Differences that vanish when one {@code p_m} is nearly 1, as {@code p_m - 1} and {@code u_m -
 * p.u}, are never taken: the backend adds up what belongs to the other scores instead. Therefore
 * losses of these and both their derivatives keep their relative accuracy when a model is sure.
 */
public final class SoftmaxFamily {
  /** Of scores that it is given, whose softmax it was computed from. */
  private record Family(Tensor probabilities, int axis) {

    Variable softmax(Variable x) {
      return unary(
              "softmax",
              (backend, scores) -> probabilities,
              (gradient, y, scores) -> jacobianProduct(scores, gradient))
          .apply(x);
    }

    /**
     * @param logarithms of {@code p}
     */
    Variable logSoftmax(Variable x, Tensor logarithms) {
      return unary(
              "logSoftmax",
              (backend, scores) -> logarithms,
              (gradient, y, scores) -> pullBack(scores, gradient))
          .apply(x);
    }

    /** {@code D u}. */
    private Variable pushForward(Variable x, Variable tangent) {
      return binary(
              "logSoftmaxPushForward",
              (backend, scores, u) -> backend.logSoftmaxPushForward(probabilities, u, axis),
              (gradient, y, scores, u) -> multiply(minusSum(gradient), jacobianProduct(scores, u)),
              (gradient, y, scores, u) -> pullBack(scores, gradient))
          .apply(x, tangent);
    }

    /** {@code D^T t}. */
    private Variable pullBack(Variable x, Variable cotangent) {
      return binary(
              "logSoftmaxPullBack",
              (backend, scores, t) -> backend.logSoftmaxPullBack(probabilities, t, axis),
              (gradient, y, scores, t) -> multiply(minusSum(t), jacobianProduct(scores, gradient)),
              (gradient, y, scores, t) -> pushForward(scores, gradient))
          .apply(x, cotangent);
    }

    /** {@code p * D u}: the covariance under {@code p} of {@code u} with each score. */
    private Variable jacobianProduct(Variable x, Variable u) {
      return binary(
              "softmaxJacobianProduct",
              (backend, scores, v) ->
                  backend.multiply(
                      probabilities, backend.logSoftmaxPushForward(probabilities, v, axis)),
              (gradient, y, scores, v) ->
                  jacobianProduct(
                      scores, multiply(pushForward(scores, v), pushForward(scores, gradient))),
              (gradient, y, scores, v) -> jacobianProduct(scores, gradient))
          .apply(x, u);
    }

    private Variable minusSum(Variable t) {
      return negate(sum(t, axis));
    }
  }

  private SoftmaxFamily() {}

  private static Family of(Variable x, int axis) {
    return new Family(x.backend().softmax(x.value(), axis), axis);
  }

  /** {@code exp(x) / sum(exp(x))} over one axis. */
  public static Variable softmax(Variable x, int axis) {
    return of(x, axis).softmax(x);
  }

  /** The logarithm of {@link #softmax}. */
  public static Variable logSoftmax(Variable x, int axis) {
    LogProbabilities result = x.backend().logSoftmax(x.value(), axis);
    return new Family(result.probabilities(), axis).logSoftmax(x, result.logarithms());
  }

  /** {@code D u}, for tests: elsewhere only derivatives ask for it. */
  static Variable pushForward(Variable x, Variable tangent, int axis) {
    return of(x, axis).pushForward(x, tangent);
  }

  /** {@code D^T t}, for tests: elsewhere only derivatives ask for it. */
  static Variable pullBack(Variable x, Variable cotangent, int axis) {
    return of(x, axis).pullBack(x, cotangent);
  }
}
