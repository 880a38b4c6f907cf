package org.samplegrad.core.parameters;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Tensor;

/** One float64 number per element of a model's parameters: values, gradients, variances. */
public final class ParameterVector implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ParameterLayout layout;
  private final double[] values;

  /**
   * @param values in the layout's order; taken over, not copied
   * @throws IllegalArgumentException if the length differs from the layout's
   */
  public ParameterVector(ParameterLayout layout, double[] values) {
    if (values.length != layout.size()) {
      throw new IllegalArgumentException(
          values.length + " values for a layout of " + layout.size() + " elements");
    }
    this.layout = layout;
    this.values = values;
  }

  /** A vector with the same number everywhere travels as that number. */
  private record Uniform(ParameterLayout layout, double value) implements Serializable {
    private Object readResolve() {
      double[] values = new double[layout.size()];
      Arrays.fill(values, value);
      return new ParameterVector(layout, values);
    }
  }

  private Object writeReplace() {
    for (double value : values) {
      if (Double.doubleToRawLongBits(value) != Double.doubleToRawLongBits(values[0])) {
        return this;
      }
    }
    return values.length == 0 ? this : new Uniform(layout, values[0]);
  }

  public ParameterLayout layout() {
    return layout;
  }

  public double value(int index) {
    return values[index];
  }

  /** A copy of all values, in the layout's order. */
  public double[] values() {
    return values.clone();
  }

  /** A copy of one parameter's values, row-major. */
  public double[] values(ParameterLayout.Entry entry) {
    return Arrays.copyOfRange(values, entry.offset(), entry.offset() + entry.size());
  }

  /** The parameters as tensors, each made a variable by {@code kind} (leaf or constant). */
  public List<Variable> variables(Backend backend, Function<Tensor, Variable> kind) {
    List<Variable> variables = new ArrayList<>();
    for (ParameterLayout.Entry entry : layout.entries()) {
      variables.add(kind.apply(backend.tensor(entry.shape(), values(entry))));
    }
    return variables;
  }

  /** The Euclidean norm of all values. */
  public double norm() {
    return Math.sqrt(squaredNorm());
  }

  public double norm(ParameterLayout.Entry entry) {
    return Math.sqrt(squaredNorm(entry));
  }

  public double squaredNorm() {
    return squares(0, values.length);
  }

  public double squaredNorm(ParameterLayout.Entry entry) {
    return squares(entry.offset(), entry.size());
  }

  private double squares(int offset, int length) {
    double sum = 0;
    for (int i = offset; i < offset + length; i++) {
      sum += values[i] * values[i];
    }
    return sum;
  }

  /** The sum of one parameter's values. */
  public double sum(ParameterLayout.Entry entry) {
    double sum = 0;
    for (int i = entry.offset(); i < entry.offset() + entry.size(); i++) {
      sum += values[i];
    }
    return sum;
  }

  /** The name of the first parameter with a value that is not a finite number, or null. */
  public String firstNotFinite() {
    for (ParameterLayout.Entry entry : layout.entries()) {
      for (int i = entry.offset(); i < entry.offset() + entry.size(); i++) {
        if (!Double.isFinite(values[i])) {
          return entry.name();
        }
      }
    }
    return null;
  }
}
