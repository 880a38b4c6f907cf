package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether TorchScript folded one node into a tensor, or several. It numbers all values: those of
 * the graph, the output last, and behind them one for each node that it folds. Only the last of the
 * nodes folded into one tensor leaves its number, in the name {@code onnx::MatMul_12}; so where a
 * number is missing, there was another node, such as the product of a weight and a mask.
 */
final class FoldedNumbers {
  private static final Pattern FOLDED = Pattern.compile("onnx::\\w+?_(\\d+)");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");

  private final boolean complete;

  FoldedNumbers(GraphProto graph) {
    TreeSet<Integer> numbers = new TreeSet<>();
    for (TensorProto tensor : graph.getInitializerList()) {
      add(tensor.getName(), numbers);
    }
    for (NodeProto node : graph.getNodeList()) {
      if (node.getOpType().equals("Identity") && node.getOutputCount() == 1) {
        add(node.getOutput(0), numbers);
      }
    }
    this.complete = numbers.isEmpty() || isComplete(numbers, graph);
  }

  private static void add(String name, Set<Integer> numbers) {
    Matcher matcher = FOLDED.matcher(name);
    if (matcher.matches() && NUMBER.matcher(matcher.group(1)).matches()) {
      numbers.add(Integer.valueOf(matcher.group(1)));
    }
  }

  private static boolean isComplete(TreeSet<Integer> numbers, GraphProto graph) {
    if (numbers.last() - numbers.first() + 1 != numbers.size()) {
      return false;
    }
    for (ValueInfoProto output : graph.getOutputList()) {
      if (NUMBER.matcher(output.getName()).matches()) {
        return Integer.parseInt(output.getName()) + 1 == numbers.first();
      }
    }
    return true;
  }

  /** Whether it is not known of a tensor that several nodes were folded into it. */
  boolean isOneStep(String name) {
    return complete && FOLDED.matcher(name).matches();
  }
}
