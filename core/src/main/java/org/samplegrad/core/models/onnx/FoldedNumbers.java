package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What TorchScript's numbers tell about the nodes that it folded. It numbers all values from 0: the
 * input, the tensors of the module, the results of all nodes, and behind them the result of each
 * node that it folds. Of several nodes folded into one tensor only the last leaves its number, in a
 * name such as {@code onnx::MatMul_12}. So where a number is missing there was another node, such
 * as the product of a weight and a mask; and where the numbers begin tells how many tensors the
 * module had.
 */
final class FoldedNumbers {
  private static final Pattern FOLDED = Pattern.compile("onnx::\\w+?_(\\d{1,9})");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");

  /** Operators before which the exporter folds an {@code Unsqueeze}, whose axes have a number. */
  private static final Set<String> UNSQUEEZING = Set.of("Mul", "Add", "PRelu");

  /** Operators that come with arithmetic on shapes, of which it is not known what was folded. */
  private static final Set<String> OF_SHAPES =
      Set.of("Shape", "Slice", "Gather", "Expand", "Concat", "ConstantOfShape", "Split");

  private final boolean gapless;
  private final boolean ofShapes;
  private final int missing;
  private final int first;
  private final boolean endsKnown;
  private final int aliases;

  /**
   * @param aliases the tensors that nodes give another name of this kind, by that name
   * @param names other names that nodes give to tensors
   */
  FoldedNumbers(
      GraphProto graph, ScriptedScopes scopes, Map<String, String> aliases, Set<String> names) {
    TreeSet<Integer> numbers = new TreeSet<>();
    Set<String> folded = new HashSet<>(aliases.keySet());
    int count = 1 + names.size();
    for (TensorProto tensor : graph.getInitializerList()) {
      if (FOLDED.matcher(tensor.getName()).matches()) {
        folded.add(tensor.getName());
      } else {
        count++;
      }
    }
    folded.forEach(name -> numbers.add(number(name)));
    count += 2 * folded.size();
    Set<String> statistics = new HashSet<>();
    Set<String> unsqueezed = new HashSet<>();
    boolean found = false;
    for (NodeProto node : graph.getNodeList()) {
      String scope = ScriptedScopes.of(node);
      count += scope == null ? 0 : node.getOutputCount();
      if (node.getOpType().equals("BatchNormalization") && node.getInputCount() > 3) {
        statistics.add(node.getInput(3)); // beside num_batches_tracked, which nothing uses
      }
      if (UNSQUEEZING.contains(node.getOpType())) {
        node.getInputList().stream().filter(folded::contains).forEach(unsqueezed::add);
      }
      found |= OF_SHAPES.contains(node.getOpType()) && scopes.layer(scope) == null;
    }
    count += statistics.size() + unsqueezed.size();
    List<String> outputs = graph.getOutputList().stream().map(output -> output.getName()).toList();
    int lowest = numbers.isEmpty() ? count : numbers.first();
    boolean named = outputs.size() != 1 || !NUMBER.matcher(outputs.get(0)).matches();
    boolean follows = named || Integer.parseInt(outputs.get(0)) + 1 == lowest;
    this.gapless =
        follows && (numbers.isEmpty() || numbers.last() - numbers.first() + 1 == folded.size());
    this.ofShapes = found;
    this.first = lowest;
    this.endsKnown = !named;
    this.missing = lowest - count;
    this.aliases = aliases.size();
  }

  private static int number(String name) {
    Matcher matcher = FOLDED.matcher(name);
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
  }

  static boolean isFolded(String name) {
    return FOLDED.matcher(name).matches();
  }

  /**
   * Whether it is certain that every folded tensor is one of the module's own, and one for each.
   */
  boolean areSeparate() {
    return gapless && missing == 0;
  }

  /** Whether it is certain that tensors with several names of this kind are tied in the module. */
  boolean areTied() {
    return gapless && aliases > 0 && missing == -aliases;
  }

  /**
   * Whether nodes may have been folded into a tensor of which nothing tells: those of the first
   * come before all numbers that are left, and only the count or the number of the output, if it
   * has no other name, shows them.
   */
  boolean mayBeMoreSteps(String name) {
    return !areSeparate() && !areTied() && !endsKnown && number(name) == first;
  }

  /** Whether nothing tells that several nodes were folded into one tensor. */
  boolean mayBeOneStep() {
    return areSeparate() || areTied() || gapless && ofShapes;
  }
}
