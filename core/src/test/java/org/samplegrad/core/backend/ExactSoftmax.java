package org.samplegrad.core.backend;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;

/** The softmax of some scores and what is derived from it, by its definition in 60 digits. */
public final class ExactSoftmax {
  private static final MathContext DIGITS = new MathContext(60);
  private static final int HALVINGS = 12;
  private static final int TERMS = 50;

  private final BigDecimal[] probabilities;

  public ExactSoftmax(double... scores) {
    BigDecimal[] exponentials =
        Arrays.stream(scores)
            .mapToObj(score -> exp(new BigDecimal(score)))
            .toArray(BigDecimal[]::new);
    BigDecimal sum = sum(exponentials);
    probabilities =
        Arrays.stream(exponentials).map(e -> e.divide(sum, DIGITS)).toArray(BigDecimal[]::new);
  }

  private static BigDecimal exp(BigDecimal x) {
    BigDecimal part = x.divide(new BigDecimal(1 << HALVINGS), DIGITS);
    BigDecimal term = BigDecimal.ONE;
    BigDecimal sum = term;
    for (int i = 1; i < TERMS; i++) {
      term = term.multiply(part, DIGITS).divide(new BigDecimal(i), DIGITS);
      sum = sum.add(term, DIGITS);
    }
    return sum.pow(1 << HALVINGS, DIGITS);
  }

  private static BigDecimal sum(BigDecimal[] values) {
    return Arrays.stream(values).reduce(BigDecimal.ZERO, (a, b) -> a.add(b, DIGITS));
  }

  public double[] probabilities() {
    return Arrays.stream(probabilities).mapToDouble(BigDecimal::doubleValue).toArray();
  }

  public double[] logarithms() {
    return Arrays.stream(probabilities).mapToDouble(ExactSoftmax::log).toArray();
  }

  private static double log(BigDecimal p) {
    double missing = BigDecimal.ONE.subtract(p).doubleValue();
    return missing < 0.5 ? Math.log1p(-missing) : Math.log(p.doubleValue());
  }

  /** {@code u_k - sum_j p_j u_j}. */
  public double[] pushForward(double... u) {
    BigDecimal mean = BigDecimal.ZERO;
    for (int k = 0; k < u.length; k++) {
      mean = mean.add(probabilities[k].multiply(new BigDecimal(u[k])), DIGITS);
    }
    BigDecimal expected = mean;
    return Arrays.stream(u)
        .map(value -> new BigDecimal(value).subtract(expected).doubleValue())
        .toArray();
  }

  /** {@code t_k - p_k sum_j t_j}. */
  public double[] pullBack(double... t) {
    BigDecimal sum = BigDecimal.ZERO;
    for (double value : t) {
      sum = sum.add(new BigDecimal(value));
    }
    double[] result = new double[t.length];
    for (int k = 0; k < t.length; k++) {
      result[k] = new BigDecimal(t[k]).subtract(probabilities[k].multiply(sum)).doubleValue();
    }
    return result;
  }
}
