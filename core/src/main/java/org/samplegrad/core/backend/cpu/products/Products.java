package org.samplegrad.core.backend.cpu.products;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.blas_set_num_threads;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemv;

/**
 * Matrix products by OpenBLAS. A product of a matrix with few rows and one that fits the cache is
 * done row by row, because the packing that a general product begins with would take longer than
 * the product itself.
 */
public final class Products {
  /** Rows or columns up to which a product is taken apart. */
  private static final int FEW = 8;

  /** Elements of a matrix that is read again for each row: half of a common second-level cache. */
  private static final int IN_CACHE = 1 << 16;

  private Products() {}

  /** Spark's tasks are the parallelism: one thread each. */
  public static void computeWithOneThread() {
    blas_set_num_threads(1);
  }

  /** {@code c = a b}; {@code c} must not overlap the factors. */
  public static void multiply(Matrix a, Matrix b, Matrix c) {
    multiply(a, b, c, 0);
  }

  /** {@code c = c + a b}. */
  static void accumulate(Matrix a, Matrix b, Matrix c) {
    multiply(a, b, c, 1);
  }

  private static void multiply(Matrix a, Matrix b, Matrix c, float keep) {
    if (a.height() <= FEW && b.size() <= IN_CACHE) {
      for (int row = 0; row < a.height(); row++) {
        // The row of c is b^T times the row of a.
        cblas_sgemv(
            CblasRowMajor,
            b.transposed() ? CblasNoTrans : CblasTrans,
            b.rows(),
            b.columns(),
            1,
            b.start(),
            b.columns(),
            a.row(row),
            a.stepInRow(),
            keep,
            c.row(row),
            c.stepInRow());
      }
    } else if (b.width() <= FEW && a.size() <= IN_CACHE) {
      for (int column = 0; column < b.width(); column++) {
        cblas_sgemv(
            CblasRowMajor,
            order(a),
            a.rows(),
            a.columns(),
            1,
            a.start(),
            a.columns(),
            b.column(column),
            b.stepInColumn(),
            keep,
            c.column(column),
            c.stepInColumn());
      }
    } else {
      cblas_sgemm(
          CblasRowMajor,
          order(a),
          order(b),
          a.height(),
          b.width(),
          a.width(),
          1,
          a.start(),
          a.columns(),
          b.start(),
          b.columns(),
          keep,
          c.start(),
          c.columns());
    }
  }

  private static int order(Matrix matrix) {
    return matrix.transposed() ? CblasTrans : CblasNoTrans;
  }
}
