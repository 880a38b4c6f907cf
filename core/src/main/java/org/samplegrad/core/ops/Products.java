package org.samplegrad.core.ops;

import static org.samplegrad.core.ops.Elementwise.scale;
import static org.samplegrad.core.ops.Primitives.binary;
import static org.samplegrad.core.ops.Shapes.transpose;

import java.util.List;
import org.samplegrad.core.autograd.Primitive;
import org.samplegrad.core.autograd.Variable;

/** Matrix products, and the products of per-sample matrix products that squared gradients need. */
public final class Products {
  private static final Primitive SAMPLE_PRODUCT_SUM =
      new Primitive(
          "sampleProductSum",
          (backend, x) -> backend.sampleProductSum(x.get(0), x.get(1), x.get(2), x.get(3)),
          List.of(
              (gradient, y, x) -> weightedSampleProduct(gradient, x.get(2), x.get(3), x.get(1)),
              (gradient, y, x) ->
                  weightedSampleProduct(swap(gradient), x.get(3), x.get(2), x.get(0)),
              (gradient, y, x) -> weightedSampleProduct(gradient, x.get(0), x.get(1), x.get(3)),
              (gradient, y, x) ->
                  weightedSampleProduct(swap(gradient), x.get(1), x.get(0), x.get(2))));

  private static final Primitive WEIGHTED_SAMPLE_PRODUCT =
      new Primitive(
          "weightedSampleProduct",
          (backend, x) -> backend.weightedSampleProduct(x.get(0), x.get(1), x.get(2), x.get(3)),
          List.of(
              (gradient, y, x) -> sampleProductSum(gradient, x.get(3), x.get(1), x.get(2)),
              (gradient, y, x) -> weightedSampleProduct(x.get(0), gradient, x.get(3), x.get(2)),
              (gradient, y, x) ->
                  weightedSampleProduct(swap(x.get(0)), x.get(3), gradient, x.get(1)),
              (gradient, y, x) ->
                  weightedSampleProduct(swap(x.get(0)), x.get(2), x.get(1), gradient)));

  private static final Primitive SQUARED_SAMPLE_PRODUCT_SUM =
      binary(
          "squaredSampleProductSum",
          (backend, u, a) -> backend.sampleProductSum(u, a, u, a),
          (gradient, y, u, a) -> scale(weightedSampleProduct(gradient, u, a, a), 2),
          (gradient, y, u, a) -> scale(weightedSampleProduct(swap(gradient), a, u, u), 2));

  private Products() {}

  public static Variable matmul(Variable a, Variable b) {
    return matmul(a, false, b, false);
  }

  /** {@code op(a) op(b)} of matrices or of equally long batches of them; {@code op} transposes. */
  public static Variable matmul(Variable a, boolean transposeA, Variable b, boolean transposeB) {
    return binary(
            "matmul",
            (backend, left, right) -> backend.matmul(left, transposeA, right, transposeB),
            (gradient, y, left, right) ->
                transposeA
                    ? matmul(right, transposeB, gradient, true)
                    : matmul(gradient, false, right, !transposeB),
            (gradient, y, left, right) ->
                transposeB
                    ? matmul(gradient, true, left, transposeA)
                    : matmul(left, !transposeA, gradient, false))
        .apply(a, b);
  }

  /**
   * {@code r[g,o,i] = sum_n U[n,g,o,i] V[n,g,o,i]} with {@code U = u a^T} and {@code V = v b^T}
   * over the last axes {@code u, v [n,g,o,p]}, {@code a, b [n,g,i,p]}. Together with {@link
   * #weightedSampleProduct} it is closed under differentiation, and neither ever holds {@code U} or
   * {@code V} for a whole block.
   */
  public static Variable sampleProductSum(Variable u, Variable a, Variable v, Variable b) {
    return SAMPLE_PRODUCT_SUM.apply(u, a, v, b);
  }

  /** {@code sampleProductSum(u, a, u, a)}, for which one product per sample is enough. */
  public static Variable squaredSampleProductSum(Variable u, Variable a) {
    return SQUARED_SAMPLE_PRODUCT_SUM.apply(u, a);
  }

  /**
   * {@code r[n,g,o,p] = sum_i c[g,o,i] V[n,g,o,i] a[n,g,i,p]} with {@code V = v b^T}: the pull-back
   * of {@link #sampleProductSum} to its first input.
   */
  public static Variable weightedSampleProduct(Variable c, Variable v, Variable b, Variable a) {
    return WEIGHTED_SAMPLE_PRODUCT.apply(c, v, b, a);
  }

  /** {@code [g,o,i] -> [g,i,o]}. */
  private static Variable swap(Variable x) {
    return transpose(x, 0, 2, 1);
  }
}
