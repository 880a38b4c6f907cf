package org.samplegrad.core.autograd;

import java.util.List;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;

/**
 * An immutable node of a computation: a value, and how it was computed. References point from
 * results to inputs only, so a graph is garbage as soon as its last result is.
 */
public final class Variable {
  private final Tensor value;
  private final Primitive primitive;
  private final List<Variable> inputs;
  private final boolean recorded;

  private Variable(Tensor value, Primitive primitive, List<Variable> inputs, boolean recorded) {
    this.value = value;
    this.primitive = primitive;
    this.inputs = inputs;
    this.recorded = recorded;
  }

  /** A value that nothing is differentiated with respect to. */
  public static Variable constant(Tensor value) {
    return new Variable(value, null, List.of(), false);
  }

  /** A value that results may be differentiated with respect to. */
  public static Variable leaf(Tensor value) {
    return new Variable(value, null, List.of(), true);
  }

  /** The result of a primitive; it remembers its inputs only if one of them leads to a leaf. */
  static Variable computed(Tensor value, Primitive primitive, List<Variable> inputs) {
    for (Variable input : inputs) {
      if (input.isRecorded()) {
        return new Variable(value, primitive, inputs, true);
      }
    }
    return constant(value);
  }

  /** The same value as a constant. */
  public Variable detach() {
    return recorded ? constant(value) : this;
  }

  public Tensor value() {
    return value;
  }

  public Shape shape() {
    return value.shape();
  }

  public Backend backend() {
    return value.backend();
  }

  /**
   * The only element of a scalar, or of any array with one element.
   *
   * @throws IllegalStateException if there are more
   */
  public double item() {
    if (shape().size() != 1) {
      throw new IllegalStateException("A variable of shape " + shape() + " is not one number");
    }
    return backend().toDoubles(value)[0];
  }

  /** Whether this is a leaf or was computed from one. */
  public boolean isRecorded() {
    return recorded;
  }

  /** Null for leaves and constants. */
  Primitive primitive() {
    return primitive;
  }

  List<Variable> inputs() {
    return inputs;
  }

  @Override
  public String toString() {
    return (primitive == null ? "variable" : primitive.name()) + shape();
  }
}
