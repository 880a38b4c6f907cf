package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.samplegrad.core.backend.Shape;

/**
 * Which tensors of a file by PyTorch's older exporter (TorchScript), or of one that says nothing,
 * are which parameters.
 *
 * <p>The exporter does not say what is a parameter and what a buffer. A tensor is a parameter if a
 * layer of PyTorch ({@link ScriptedLayer}) takes it under the layer's own name: {@code fc.weight}
 * in the nodes of {@code /fc/}. Whatever else the output needs is in doubt, and so is what the
 * exporter has computed ({@code onnx::Conv_12}), but for one case: the transposed weight of a
 * linear layer on sequences, and the scales of a group norm, of which {@link FoldedNumbers} tells
 * that nothing else was done to them.
 *
 * <p>Tensors of equal values are stored once, and nodes {@code Identity_0} give them their other
 * names, while a parameter that is really tied has no such node. So each name is a parameter of its
 * own; where the exporter made the names, nobody can tell.
 */
final class ScriptedTensors {
  private static final Pattern MADE_BY_EXPORTER =
      Pattern.compile(
          "(onnx::.*|/.*|_?val_\\d+|scalar_tensor_default.*|_?tensor_constant\\d+|\\d+)");
  private static final Pattern ALIAS = Pattern.compile("Identity_\\d+");
  private static final Set<String> STATISTICS = Set.of("running_mean", "running_var");
  private static final Set<String> OF_LAYERS = Set.of("weight", "bias");
  private static final Set<String> OF_ATTENTION = Set.of("in_proj_weight", "in_proj_bias");

  private static final String UNKNOWN =
      "may be parameters or buffers, which the file does not tell apart";
  private static final String MERGED =
      "were computed by the exporter, such as from a layer and the batch norm behind it or from a weight and its mask";
  private static final String PRODUCT =
      "may be the transposed weights of layers without bias, or something else that the exporter computed";
  private static final String CHANGED =
      "may be parameters or what an optimiser has made of them: the file has been changed since PyTorch exported it, or has lost what the exporter wrote beside its nodes";
  private static final String EQUAL =
      "stand for several parameters, which are one tied parameter or several of equal values";

  private final ModelProto file;
  private final GraphProto graph;
  private final TensorIdentities identities;
  private final boolean byTorch;
  private final ScriptedScopes scopes;
  private FoldedNumbers folded;

  /** The tensors as they are in the file, under all their names. */
  private final Map<String, StoredTensor> stored = new LinkedHashMap<>();

  /** The tensor that the exporter made, by its other names. */
  private final Map<String, String> aliases = new HashMap<>();

  private final Set<String> parameters = new HashSet<>();
  private final Set<String> constants = new HashSet<>();
  private final Map<String, List<StoredTensor>> restored = new LinkedHashMap<>();
  private final Set<String> named = new HashSet<>();
  private final Set<String> matricesInConstants = new HashSet<>();
  private final Set<String> byPath = new LinkedHashSet<>();

  /** The tensors, with the parameters taken for them, of which more may have been folded. */
  private final Map<String, String> uncertain = new LinkedHashMap<>();

  ScriptedTensors(ModelProto file, TensorIdentities identities) {
    this.file = file;
    this.graph = file.getGraph();
    this.identities = identities;
    this.byTorch = file.getProducerName().equals("pytorch");
    this.scopes = new ScriptedScopes(graph);
    this.stored.putAll(identities.tensors());
  }

  /** Whether a name is none that a module gave to a parameter or buffer. */
  static boolean isMadeByExporter(String name) {
    return MADE_BY_EXPORTER.matcher(name).matches();
  }

  /**
   * @param needed the nodes that lead to the output
   */
  void identify(BitSet needed) {
    identities.advise(
        byTorch
            ? "Export with samplegrad.export(model, args, path), or with torch.onnx.export(..., dynamo=True, optimize=False)"
            : "Export a module of PyTorch with samplegrad.export(model, args, path)");
    for (int i = 0; i < graph.getNodeCount(); i++) {
      separate(i, graph.getNode(i));
      if (isMatrix(graph.getNode(i))) {
        matricesInConstants.add(graph.getNode(i).getOutput(0));
      }
    }
    folded = new FoldedNumbers(graph, scopes, aliases, named);
    boolean changed = ChangedFile.isChanged(file);
    if (changed) {
      identities.advise(
          "Export the module with samplegrad.export(model, args, path), and give that file as it is");
    }
    Set<String> used = new LinkedHashSet<>();
    for (int i = needed.nextSetBit(0); i >= 0; i = needed.nextSetBit(i + 1)) {
      NodeProto node = graph.getNode(i);
      for (int input = 0; input < node.getInputCount(); input++) {
        String name = node.getInput(input);
        if (stored.containsKey(name) && !identities.isAlias(i)) {
          used.add(name);
          if (changed) {
            identities.doubt(name, CHANGED, true);
          }
          claim(node, input, name);
        } else if (isWeightInConstant(node, input)) {
          identities.doubt(name, UNKNOWN, false);
        }
      }
      Subgraphs.withInner(node)
          .skip(1)
          .flatMap(inner -> inner.getInputList().stream())
          .filter(stored::containsKey)
          .forEach(used::add);
    }
    identities.putBranches(
        tensor -> {
          identities.doubt(tensor.source().name(), UNKNOWN, false);
          return tensor;
        });
    settleRestored();
    used.forEach(this::settle);
    if (!byPath.isEmpty()) {
      identities.note(
          "The file does not give the names of the parameters %s; they are taken from the paths of its nodes, which leave out dictionaries of modules"
              .formatted(TensorIdentities.listed(List.copyOf(byPath))));
    }
    if (byTorch && !(parameters.isEmpty() && restored.isEmpty())) {
      identities.note(
          "The file was written by PyTorch's older exporter (TorchScript), which does not write down what is a parameter, a buffer or frozen, nor what the output does not need: the weights and biases of its layers are taken as the parameters. Where one is not, as in a layer of your own with fixed weights, export with samplegrad.export(model, args, path), which writes it down");
    }
    if (!uncertain.isEmpty()) {
      identities.note(
          "The file does not tell whether the exporter has only transposed the tensor %s, taken as %s, or also multiplied it, as by a mask; if the module computes with more than the weight itself, export with samplegrad.export(model, args, path)"
              .formatted(
                  TensorIdentities.listed(List.copyOf(uncertain.keySet())),
                  TensorIdentities.listed(List.copyOf(uncertain.values()))));
    }
    if (!byTorch && !parameters.isEmpty()) {
      identities.note(
          "The file was not written by PyTorch's exporter: the weights of its layers are taken as the parameters");
    }
  }

  private void separate(int index, NodeProto node) {
    if (!node.getOpType().equals("Identity")
        || node.getInputCount() != 1
        || node.getOutputCount() != 1
        || !ALIAS.matcher(node.getName()).matches()) {
      return;
    }
    StoredTensor tensor = stored.get(node.getInput(0));
    if (tensor == null || stored.containsKey(node.getOutput(0))) {
      return;
    }
    String name = node.getOutput(0);
    if (isMadeByExporter(name)) {
      aliases.put(name, aliases.getOrDefault(node.getInput(0), node.getInput(0)));
      stored.put(name, tensor);
    } else {
      named.add(name);
      stored.put(name, tensor.named(name));
    }
    identities.putAlias(index, node, stored.get(name));
  }

  /** Whether a product or a table takes numbers that stand in a node instead of a tensor. */
  private boolean isWeightInConstant(NodeProto node, int input) {
    boolean takesWeight =
        switch (node.getOpType()) {
          case "Conv", "ConvTranspose", "Gemm" -> input == 1;
          case "MatMul" -> true;
          case "Gather" -> input == 0;
          default -> false;
        };
    return byTorch && takesWeight && matricesInConstants.contains(node.getInput(input));
  }

  private static boolean isMatrix(NodeProto node) {
    return node.getOpType().equals("Constant")
        && node.getOutputCount() == 1
        && node.getAttributeList().stream()
            .anyMatch(
                value ->
                    value.hasT()
                        && value.getT().getDimsCount() > 1
                        && !ElementType.of(value.getT().getDataType()).isInteger());
  }

  /** Looks at one use of a tensor. */
  private void claim(NodeProto node, int input, String name) {
    if (node.getOpType().equals("BatchNormalization") && input > 2) {
      if (isMadeByExporter(name) || STATISTICS.contains(TensorIdentities.own(name))) {
        constants.add(name);
      }
      return;
    }
    if (scopes.isEmpty()) {
      claimWithoutScope(node, input, name);
      return;
    }
    String scope = ScriptedScopes.of(node);
    ScriptedLayer layer = scopes.layer(scope);
    if (isMadeByExporter(name)) {
      restore(node, input, name, scope, layer);
    } else if (layer != null
        && layer.takesParameter(node, input)
        && OF_LAYERS.contains(TensorIdentities.own(name))
        && isInOrder(name)
        && ScriptedScopes.isOf(scope, TensorIdentities.module(name))
        && (!layer.isProduct() || hasBias(scope) || isFollowedByNorm(node))) {
      parameters.add(name);
    } else if (scope != null && isOfAttention(scope, name)) {
      parameters.add(name);
    }
  }

  /** Whether a layer takes a bias. */
  private boolean hasBias(String scope) {
    return scopes.nodes(scope).stream()
        .flatMap(node -> node.getInputList().stream())
        .anyMatch(input -> TensorIdentities.own(input).equals("bias") && stored.containsKey(input));
  }

  /**
   * Whether the weight of a layer comes before its bias, as in all of PyTorch's; after it come
   * buffers. Where a node gives one of them its name, nobody knows.
   */
  private boolean isInOrder(String name) {
    String weight = sibling(name, "weight");
    String bias = sibling(name, "bias");
    if (named.contains(weight) || named.contains(bias) || !stored.containsKey(bias)) {
      return true;
    }
    for (String first : stored.keySet()) {
      if (first.equals(weight) || first.equals(bias)) {
        return first.equals(weight) || !stored.containsKey(weight);
      }
    }
    return true;
  }

  private static String sibling(String name, String own) {
    String module = TensorIdentities.module(name);
    return module.isEmpty() ? own : module + "." + own;
  }

  /**
   * Whether the result of a product goes to a normalisation: the product has no bias for that
   * reason. Elsewhere nothing tells a layer without bias from a fixed filter or projection.
   */
  private boolean isFollowedByNorm(NodeProto node) {
    Set<String> results = new HashSet<>(node.getOutputList());
    if (node.getOpType().equals("Transpose")) {
      graph.getNodeList().stream()
          .filter(next -> next.getInputList().stream().anyMatch(results::contains))
          .map(NodeProto::getOutputList)
          .toList()
          .forEach(results::addAll);
    }
    return graph.getNodeList().stream()
        .filter(next -> next.getInputList().stream().anyMatch(results::contains))
        .map(next -> scopes.layer(ScriptedScopes.of(next)))
        .anyMatch(layer -> layer != null && layer.isNorm());
  }

  /** PyTorch's attention takes its parameters itself, those of its last layer included. */
  private boolean isOfAttention(String scope, String name) {
    String own = TensorIdentities.own(name);
    String module = TensorIdentities.module(name);
    if (module.endsWith("out_proj") && OF_LAYERS.contains(own)) {
      module = TensorIdentities.module(module);
    } else if (!OF_ATTENTION.contains(own)) {
      return false;
    }
    String first = module.isEmpty() ? "in_proj_weight" : module + ".in_proj_weight";
    return stored.containsKey(first) && ScriptedScopes.isOf(scope, module);
  }

  /** Files of other exporters, and of TorchScript before it named nodes, have no paths. */
  private void claimWithoutScope(NodeProto node, int input, String name) {
    boolean named = OF_LAYERS.contains(TensorIdentities.own(name)) && name.contains(".");
    if (isWeight(node, input) && (byTorch ? named : !isMadeByExporter(name))) {
      parameters.add(name);
    }
  }

  private boolean isWeight(NodeProto node, int input) {
    return switch (node.getOpType()) {
      case "Conv",
          "ConvTranspose",
          "Gemm",
          "BatchNormalization",
          "LayerNormalization",
          "InstanceNormalization",
          "GroupNormalization",
          "RMSNormalization" ->
          input > 0;
      case "MatMul" -> true;
      case "PRelu" -> input == 1;
      case "Gather" -> input == 0;
      default -> false;
    };
  }

  /** Finds the parameter that the exporter has given other axes, and no other values. */
  private void restore(NodeProto node, int input, String name, String scope, ScriptedLayer layer) {
    StoredTensor tensor = stored.get(name);
    StoredTensor parameter = null;
    if (layer == ScriptedLayer.LINEAR_ON_SEQUENCES) {
      parameter = transposed(node, input, tensor, scope);
    } else if (layer == ScriptedLayer.GROUP_NORM && isPerChannel(tensor.shape())) {
      String own =
          node.getOpType().equals("Mul")
              ? "weight"
              : node.getOpType().equals("Add") ? "bias" : null;
      parameter = own == null ? null : channels(tensor, scope, own);
    } else if (layer == ScriptedLayer.PARAMETRIC_RELU && isPerChannel(tensor.shape())) {
      parameter = channels(tensor, scope, "weight");
    }
    if (parameter == null) {
      return;
    }
    String inFile = aliases.getOrDefault(name, name);
    if (!FoldedNumbers.isFolded(inFile)
        || !folded.mayBeOneStep()
        || !folded.areSeparate() && !folded.areTied() && hasZeros(tensor)) {
      identities.doubt(tensor.source().name(), MERGED, true);
    } else if (folded.mayBeMoreSteps(inFile) || folded.mayBeMoreSteps(name)) {
      uncertain.put(inFile, parameter.parameter());
    }
    restored.computeIfAbsent(name, n -> new ArrayList<>()).add(parameter);
  }

  /** A mask that was folded into a weight leaves zeros, as a rule. */
  private static boolean hasZeros(StoredTensor tensor) {
    return Arrays.stream(tensor.source().reals()).anyMatch(value -> value == 0);
  }

  /**
   * Looks at the restored tensors together: those of equal values are one in the file, and may be
   * one in the module, or several.
   */
  private void settleRestored() {
    Map<String, String> taken = new HashMap<>();
    Map<String, String> tied = new HashMap<>();
    restored.forEach(
        (name, found) -> {
          String file = aliases.getOrDefault(name, name);
          boolean shared = aliases.containsKey(name) || aliases.containsValue(name);
          String parameter = found.get(0).parameter();
          if (shared && folded.areTied()) {
            tied.merge(file, parameter, this::first);
          } else if (shared && !folded.areSeparate()) {
            tied.merge(
                file,
                parameter,
                (one, other) -> {
                  if (!one.equals(other)) {
                    identities.doubt(file, EQUAL, true);
                  }
                  return one;
                });
          } else if (taken.putIfAbsent(parameter, name) != null) {
            identities.doubt(file, EQUAL, true);
          }
          boolean same = found.stream().allMatch(f -> f.parameter().equals(parameter));
          if (!same || stored.containsKey(parameter)) {
            identities.doubt(file, EQUAL, true);
          }
        });
    restored.replaceAll(
        (name, found) -> {
          String one = tied.get(aliases.getOrDefault(name, name));
          return one == null ? found : List.of(found.get(0).named(one));
        });
  }

  /** Of two names of a tied weight the one whose bias the module has first. */
  private String first(String one, String other) {
    List<String> names = List.copyOf(stored.keySet());
    int position = names.indexOf(sibling(one, "bias"));
    int otherPosition = names.indexOf(sibling(other, "bias"));
    return otherPosition >= 0 && otherPosition < position ? other : one;
  }

  /**
   * The weight of {@code linear} on sequences: of the bias, the product with the transposed weight
   * and the sum in this order, only the transpose is folded. The bias has its name.
   */
  private StoredTensor transposed(NodeProto node, int input, StoredTensor tensor, String scope) {
    if (input != 1 || tensor.shape().rank() != 2 || !node.getOpType().equals("MatMul")) {
      return null;
    }
    for (NodeProto next : scopes.nodes(scope)) {
      if (next.getOpType().equals("Add")
          && next.getInputCount() == 2
          && next.getInput(1).equals(node.getOutput(0))) {
        String bias = next.getInput(0);
        boolean own =
            stored.containsKey(bias)
                && !isMadeByExporter(bias)
                && TensorIdentities.own(bias).equals("bias")
                && ScriptedScopes.isOf(scope, TensorIdentities.module(bias));
        return own ? tensor.asTransposeOf(sibling(bias, "weight")) : null;
      }
    }
    if (scope.isEmpty()) {
      return null;
    }
    if (!isFollowedByNorm(node)) {
      identities.doubt(tensor.source().name(), PRODUCT, true);
    }
    return tensor.asTransposeOf(ScriptedScopes.module(scope) + ".weight");
  }

  private StoredTensor channels(StoredTensor tensor, String scope, String own) {
    if (scope.isEmpty()) {
      return null;
    }
    String name = ScriptedScopes.module(scope) + "." + own;
    byPath.add(name);
    return tensor.asReshapeOf(name, Shape.of(tensor.shape().size()));
  }

  /** {@code [c, 1, ...]}. */
  private static boolean isPerChannel(Shape shape) {
    return shape.rank() > 0 && shape.extent(0) == shape.size();
  }

  private void settle(String name) {
    StoredTensor tensor = stored.get(name);
    String file = aliases.getOrDefault(name, name);
    if (constants.contains(name) && !parameters.contains(name)) {
      identities.put(name, tensor.constant());
    } else if (parameters.contains(name)) {
      identities.put(name, tensor);
    } else if (restored.containsKey(name)) {
      identities.put(name, restored.get(name).get(0));
    } else if (isMadeByExporter(name)) {
      identities.doubt(file, MERGED, true);
      identities.put(name, tensor.shape().rank() == 0 ? tensor.constant() : tensor);
    } else {
      identities.doubt(name, UNKNOWN, false);
      identities.put(name, tensor);
    }
  }
}
