package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.models.onnx.TensorIdentities.NodeInput;

/**
 * Which tensors of a file by PyTorch's newer exporter (dynamo) are which parameters.
 *
 * <p>The exporter lists the parameters and buffers of the module, and beside each node it quotes
 * the operation of its own graph that the node became of, with the tensors that it takes. So each
 * use of a tensor is looked at by itself: the optimiser stores tensors of equal values once, under
 * the name of one of them, and puts its own constants there too. A tensor without a name of the
 * module is one where the operation takes a parameter, and what the exporter makes of it is known
 * (the transpose of a linear layer's weight, the scale of a group norm with further axes).
 * Otherwise, if it was computed from parameters, it is merged. A parameter that is listed and found
 * nowhere was merged, left out for its values, or is used by nothing.
 */
final class ExportedTensors {
  private static final Pattern TRANSPOSE = Pattern.compile("(t|numpy_t|transpose|mt)(_\\d+)?");
  private static final Pattern PERMUTE = Pattern.compile("permute(_\\d+)?");
  private static final Pattern RESHAPE =
      Pattern.compile("(view|reshape|unsqueeze|squeeze)(_\\d+)?");
  private static final Pattern WITHIN = Pattern.compile("val_\\d+");
  private static final String NONE = "None";

  private final GraphProto graph;
  private final ExportedSignature signature;
  private final TensorIdentities identities;
  private final Set<String> quoted = new HashSet<>();
  private final Map<String, String> ties = new HashMap<>();
  private final Map<String, List<StoredTensor>> found = new HashMap<>();

  /** Decisions, until ties between names are known. */
  private final List<Use> uses = new ArrayList<>();

  private record Use(NodeInput where, StoredTensor tensor) {}

  ExportedTensors(GraphProto graph, ExportedSignature signature, TensorIdentities identities) {
    this.graph = graph;
    this.signature = signature;
    this.identities = identities;
  }

  /**
   * @param needed the nodes that lead to the output
   */
  void identify(BitSet needed) {
    Map<String, StoredTensor> stored = Map.copyOf(identities.tensors());
    stored.forEach(
        (name, tensor) ->
            identities.put(name, signature.isParameter(name) ? tensor : tensor.constant()));
    boolean optimised =
        signature.hasFolded()
            || graph.getInitializerList().stream().anyMatch(t -> !signature.isListed(t.getName()));
    for (NodeProto node : graph.getNodeList()) {
      ExportedOperation operation = ExportedOperation.of(node);
      if (operation != null) {
        quoted.addAll(signature.takenBy(operation));
        optimised |= operation.isMergedWithBatchNorm();
      }
    }
    for (int i = needed.nextSetBit(0); i >= 0; i = needed.nextSetBit(i + 1)) {
      NodeProto node = graph.getNode(i);
      ExportedOperation operation = ExportedOperation.of(node);
      for (int input = 0; input < node.getInputCount(); input++) {
        StoredTensor tensor = stored.get(node.getInput(input));
        if (tensor != null) {
          identify(new NodeInput(i, input), tensor, operation);
        }
      }
      Subgraphs.withInner(node)
          .skip(1)
          .flatMap(inner -> inner.getInputList().stream())
          .map(stored::get)
          .filter(Objects::nonNull)
          .forEach(this::identifyInBranch);
    }
    settle();
    identities.advise(
        "Export with samplegrad.export(model, args, path)"
            + (optimised
                ? ", or with torch.onnx.export(..., dynamo=True, optimize=False)"
                : ", which writes down what each tensor is"));
  }

  private void identify(NodeInput where, StoredTensor tensor, ExportedOperation operation) {
    String name = tensor.source().name();
    if (operation != null && operation.isMergedWithBatchNorm()) {
      doubt(
          tensor, "hold a layer and the batch norm behind it, which the exporter has merged", true);
    } else if (signature.isParameter(name) && signature.isReplaced(name)) {
      doubt(tensor, "have the names of parameters, but the optimiser has put others there", true);
    } else if (operation == null) {
      identifyAlone(where, tensor);
    } else {
      NodeProto node = graph.getNode(where.node());
      String argument = operation.argumentOf(node, where.input());
      if (argument == null) {
        identifyByName(where, tensor, operation);
      } else if (argument.equals(NONE)) {
        use(where, tensor.constant(), null);
      } else if (signature.named(argument) != null) {
        use(where, arranged(node, tensor, operation, signature.named(argument)), operation);
      } else {
        identifyComputed(where, tensor, operation.target().equals("linear") && isMatMul(node));
      }
    }
  }

  private static boolean isMatMul(NodeProto node) {
    return node.getOpType().equals("MatMul");
  }

  private void doubt(StoredTensor tensor, String reason, boolean merged) {
    identities.doubt(tensor.source().name(), reason, merged);
    identities.put(tensor.source().name(), tensor);
  }

  /** A node that nothing is written beside; it is one of a function, or of an older exporter. */
  private void identifyAlone(NodeInput where, StoredTensor tensor) {
    if (signature.isListed(tensor.parameter())) {
      use(where, ofModule(tensor, tensor.parameter()), null);
    } else {
      identifyComputed(where, tensor, false);
    }
  }

  /** A tensor that a branch takes has one identity for all of them. */
  private void identifyInBranch(StoredTensor tensor) {
    String name = tensor.source().name();
    if (signature.isParameter(name) && !signature.isReplaced(name)) {
      found.computeIfAbsent(name, n -> new ArrayList<>()).add(tensor);
    } else if (signature.isParameter(name) || !signature.parametersIn(name).isEmpty()) {
      doubt(tensor, "were computed by the exporter from parameters", true);
    }
  }

  /** An input of an operation of which it is not known what the exporter makes of it. */
  private void identifyByName(NodeInput where, StoredTensor tensor, ExportedOperation operation) {
    String name = tensor.parameter();
    List<String> taken = signature.takenBy(operation);
    if (!signature.isListed(name)) {
      String parameter = reshaped(tensor, operation);
      if (parameter == null) {
        identifyComputed(where, tensor, false);
      } else {
        int size = tensor.shape().size();
        use(where, tensor.asReshapeOf(parameter, Shape.of(size)), operation);
      }
    } else if (taken.contains(name)) {
      use(where, ofModule(tensor, name), operation);
    } else {
      List<String> others = taken.stream().filter(t -> identities.tensor(t) == null).toList();
      List<String> alike =
          others.stream()
              .filter(t -> TensorIdentities.own(t).equals(TensorIdentities.own(name)))
              .toList();
      if (others.size() == 1 || alike.size() == 1) {
        String other = others.size() == 1 ? others.get(0) : alike.get(0);
        use(where, ofModule(tensor, other), operation);
      } else if (signature.isParameter(name)) {
        doubt(tensor, "are also used by an operation that does not take them in the module", false);
      }
    }
  }

  /**
   * The parameter that a tensor is with further axes of extent 1: {@code gamma.view(-1, 1, 1)} is
   * written as {@code view}. The operation that takes {@code view_1} instead takes another's of the
   * same values, which is the one of its own module. Null if it is something else.
   */
  private String reshaped(StoredTensor tensor, ExportedOperation operation) {
    String name = tensor.source().name();
    List<String> parameters = signature.parametersIn(name);
    boolean axesOnly =
        RESHAPE.matcher(name).matches()
            && parameters.size() == 1
            && signature.foldedFrom(name).stream()
                .filter(step -> !signature.isParameter(step))
                .allMatch(
                    step -> RESHAPE.matcher(step).matches() || WITHIN.matcher(step).matches());
    boolean ofChannels =
        Arrays.stream(tensor.shape().extents()).filter(extent -> extent > 1).count() <= 1;
    List<String> taken =
        operation.arguments().stream()
            .filter(argument -> argument.startsWith("%"))
            .map(argument -> argument.substring(1))
            .filter(argument -> RESHAPE.matcher(argument).matches())
            .toList();
    if (!axesOnly || !ofChannels || taken.size() != 1) {
      return null;
    }
    String own = TensorIdentities.own(parameters.get(0));
    String other = operation.module().isEmpty() ? own : operation.module() + "." + own;
    if (taken.get(0).equals(name)) {
      return parameters.get(0);
    }
    boolean unknown =
        signature.isParameter(other)
            && !other.equals(parameters.get(0))
            && !quoted.contains(other)
            && identities.tensor(other) == null;
    return unknown ? other : null;
  }

  /** The tensor as the one of a name in the module. */
  private StoredTensor ofModule(StoredTensor tensor, String name) {
    return signature.isParameter(name) ? tensor.named(name) : tensor.constant();
  }

  /** The tensor as what the exporter makes of the one that an operation takes in the module. */
  private StoredTensor arranged(
      NodeProto node, StoredTensor tensor, ExportedOperation operation, String name) {
    Shape shape = tensor.shape();
    if (!signature.isParameter(name)) {
      return tensor.constant();
    }
    if (operation.target().equals("linear") && isMatMul(node)) {
      return shape.rank() == 2 ? tensor.asTransposeOf(name) : tensor.named(name);
    }
    boolean ofChannels =
        operation.target().equals("group_norm") && !node.getOpType().equals("GroupNormalization")
            || operation.target().contains("prelu");
    return ofChannels && shape.rank() > 1
        ? tensor.asReshapeOf(name, Shape.of(shape.size()))
        : tensor.named(name);
  }

  /**
   * A tensor that the exporter made: of a parameter if that was transposed and nothing else.
   *
   * @param transposedAgain whether the tensor is the transpose of what was computed
   */
  private void identifyComputed(NodeInput where, StoredTensor tensor, boolean transposedAgain) {
    String name = tensor.source().name();
    List<String> parameters = signature.parametersIn(name);
    if (parameters.isEmpty()) {
      use(where, tensor.constant(), null);
      return;
    }
    List<String> steps = new ArrayList<>(signature.foldedFrom(name));
    if (!transposedAgain) {
      steps.add(name);
    }
    steps.removeAll(parameters);
    boolean once = parameters.size() == 1 && steps.size() == 1 && tensor.shape().rank() == 2;
    StoredTensor original = once ? identities.tensor(parameters.get(0)) : null;
    StoredTensor matrix =
        once && !transposedAgain
            ? tensor.asTransposeOf(parameters.get(0))
            : once ? tensor.named(parameters.get(0)) : null;
    boolean swapped =
        once
            && (TRANSPOSE.matcher(steps.get(0)).matches()
                || PERMUTE.matcher(steps.get(0)).matches() && original != null);
    if (swapped && (original == null || TensorIdentities.haveSameValues(original, matrix))) {
      use(where, matrix, null);
    } else {
      doubt(
          tensor,
          "were computed by the exporter from the parameters "
              + TensorIdentities.listed(parameters),
          true);
    }
  }

  /**
   * @param operation null if it says nothing about ties
   */
  private void use(NodeInput where, StoredTensor tensor, ExportedOperation operation) {
    uses.add(new Use(where, tensor));
    if (!tensor.trained()) {
      return;
    }
    found.computeIfAbsent(tensor.parameter(), name -> new ArrayList<>()).add(tensor);
    if (operation != null && operation.type().startsWith("torch.nn.modules.")) {
      String own = TensorIdentities.own(tensor.parameter());
      String first = operation.module().isEmpty() ? own : operation.module() + "." + own;
      if (signature.isParameter(first) && !quoted.contains(first)) {
        ties.put(first, tensor.parameter());
      }
    }
  }

  /**
   * A parameter that stands in several modules is listed under each of its names, and the exporter
   * quotes the last. A layer of PyTorch takes its own parameters, so the layer's own name, which is
   * quoted nowhere, is another for the one that it takes. PyTorch's name is the first.
   */
  private void settle() {
    List<String> names = signature.parameters();
    Map<String, String> first = new HashMap<>();
    Set<String> known = new HashSet<>(found.keySet());
    for (String name : names) {
      String taken = ties.get(name);
      if (taken != null) {
        known.add(name);
        first.putIfAbsent(taken, names.indexOf(name) < names.indexOf(taken) ? name : taken);
      }
    }
    for (Use use : uses) {
      StoredTensor tensor = use.tensor();
      String name = first.getOrDefault(tensor.parameter(), tensor.parameter());
      identities.putUse(use.where(), tensor.trained() ? tensor.named(name) : tensor);
    }
    found.forEach(
        (name, same) -> {
          if (same.stream().anyMatch(t -> !isSame(t, same.get(0)))) {
            identities.doubt(name, "have several values in the file", true);
          }
        });
    identities
        .tensors()
        .replaceAll((file, t) -> t.named(first.getOrDefault(t.parameter(), t.parameter())));
    Set<String> order = new LinkedHashSet<>();
    names.forEach(name -> order.add(first.getOrDefault(ties.getOrDefault(name, name), name)));
    identities.order(List.copyOf(order));
    for (String name : names) {
      if (!known.contains(name)) {
        identities.doubt(
            name,
            "are parameters of the module that the file lacks: the exporter has merged them or left them out for their values, or nothing uses them",
            false);
      }
    }
  }

  private static boolean isSame(StoredTensor a, StoredTensor b) {
    return a.source().name().equals(b.source().name())
            && a.parameterShape().equals(b.parameterShape())
        || TensorIdentities.haveSameValues(a, b);
  }
}
