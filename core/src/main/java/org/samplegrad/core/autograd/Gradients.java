package org.samplegrad.core.autograd;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.samplegrad.core.backend.Shape;

/**
 * Gradients of a scalar with respect to any nodes of its graph, by one sweep in reverse order.
 *
 * <p>A target inside the graph is treated as an independent variable for what lies between it and
 * the scalar; the sweep visits only nodes that depend on a target. It runs for every block, so it
 * is written in plain loops: streams took as long as the smaller operations.
 */
public final class Gradients {
  private static final Primitive ACCUMULATE =
      new Primitive(
          "accumulate",
          (backend, inputs) -> backend.add(inputs.get(0), inputs.get(1)),
          List.of((gradient, y, inputs) -> gradient, (gradient, y, inputs) -> gradient));

  private Gradients() {}

  /**
   * The gradients of {@code scalar}, differentiable in turn; zero for a target it does not depend
   * on, and for a constant.
   *
   * @throws IllegalArgumentException if {@code scalar} has more than one element
   */
  public static List<Variable> of(Variable scalar, List<Variable> targets) {
    return sweep(List.of(seed(scalar)), targets, true);
  }

  /** The same numbers as {@link #of}, as constants: nothing is recorded and memory is saved. */
  public static List<Variable> constantsOf(Variable scalar, List<Variable> targets) {
    return pullBack(List.of(seed(scalar)), targets);
  }

  /**
   * The gradients of {@code sum_s <cotangent_s, output_s>} with its cotangents held constant: of a
   * scalar whose derivatives with respect to some nodes are known already. As constants.
   */
  public static List<Variable> pullBack(List<Seed> seeds, List<Variable> targets) {
    return sweep(seeds, targets, false);
  }

  /** The same, differentiable in turn, also with respect to the cotangents. */
  public static List<Variable> pullBackRecorded(List<Seed> seeds, List<Variable> targets) {
    return sweep(seeds, targets, true);
  }

  private static Seed seed(Variable scalar) {
    if (scalar.shape().size() != 1) {
      throw new IllegalArgumentException(
          "Only a scalar has a gradient; this variable has the shape " + scalar.shape());
    }
    return Seed.of(scalar);
  }

  private static List<Variable> sweep(List<Seed> seeds, List<Variable> targets, boolean record) {
    Map<Variable, Boolean> leadsToTarget = new IdentityHashMap<>();
    for (Variable target : targets) {
      if (target.isRecorded()) {
        leadsToTarget.put(target, true);
      }
    }
    List<Variable> order = dependants(seeds, leadsToTarget);

    Map<Variable, Variable> cotangents = new IdentityHashMap<>();
    BinaryOperator<Variable> accumulate = ACCUMULATE::apply;
    seeds.forEach(seed -> cotangents.merge(seed.output(), seed.cotangent(), accumulate));
    for (int index = order.size() - 1; index >= 0; index--) {
      Variable node = order.get(index);
      Variable cotangent = cotangents.get(node);
      if (cotangent == null || node.primitive() == null) {
        continue;
      }
      Variable output = record ? node : node.detach();
      List<Variable> inputs = record ? node.inputs() : detached(node.inputs());
      for (int i = 0; i < inputs.size(); i++) {
        Variable input = node.inputs().get(i);
        if (leadsToTarget.getOrDefault(input, false)) {
          Variable product = node.primitive().pullBack(i, cotangent, output, inputs);
          requireShape(node, i, input.shape(), product.shape());
          cotangents.merge(input, product, accumulate);
        }
      }
    }
    return targets.stream().map(target -> cotangentOf(target, cotangents)).toList();
  }

  private static List<Variable> detached(List<Variable> inputs) {
    Variable[] detached = new Variable[inputs.size()];
    for (int i = 0; i < detached.length; i++) {
      detached[i] = inputs.get(i).detach();
    }
    return List.of(detached);
  }

  private static Variable cotangentOf(Variable target, Map<Variable, Variable> cotangents) {
    Variable cotangent = cotangents.get(target);
    return cotangent != null
        ? cotangent
        : Variable.constant(target.backend().fill(target.shape(), 0));
  }

  private static void requireShape(Variable node, int input, Shape expected, Shape found) {
    if (!expected.equals(found)) {
      throw new IllegalStateException(
          "The vector-Jacobian product of input %d of '%s' has the shape %s; expected %s"
              .formatted(input, node.primitive().name(), found, expected));
    }
  }

  /**
   * The recorded nodes under the seeds, inputs before results, filling in which of them lead to a
   * target; without recursion, so that deep graphs do not exhaust the stack.
   */
  private static List<Variable> dependants(List<Seed> seeds, Map<Variable, Boolean> leadsToTarget) {
    List<Variable> order = new ArrayList<>();
    Map<Variable, Boolean> expanded = new IdentityHashMap<>();
    Deque<Variable> stack = new ArrayDeque<>();
    for (Seed seed : seeds) {
      if (seed.output().isRecorded()) {
        stack.push(seed.output());
      }
    }
    while (!stack.isEmpty()) {
      Variable node = stack.peek();
      if (expanded.putIfAbsent(node, false) == null) {
        for (Variable input : node.inputs()) {
          if (input.isRecorded() && !expanded.containsKey(input)) {
            stack.push(input);
          }
        }
        continue;
      }
      stack.pop();
      if (!expanded.put(node, true)) {
        order.add(node);
        boolean leads = leadsToTarget.getOrDefault(node, false);
        for (Variable input : node.inputs()) {
          leads |= leadsToTarget.getOrDefault(input, false);
        }
        leadsToTarget.put(node, leads);
      }
    }
    return order;
  }
}
