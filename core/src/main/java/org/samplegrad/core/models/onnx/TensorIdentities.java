package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Which tensor of a file is which parameter of the module it was exported from, decided before any
 * node is translated. An ONNX file does not say what is trained; it is told, in this order, by
 *
 * <ul>
 *   <li>{@link ModuleRecord}, what {@code samplegrad.export} writes into a file: the reader knows;
 *   <li>{@link ExportedTensors}, what PyTorch's newer exporter (dynamo) writes beside the nodes;
 *   <li>{@link ScriptedTensors}, names and the paths of modules that the older one (TorchScript)
 *       gives to nodes.
 * </ul>
 *
 * The set of parameters never depends on values: these may only raise a doubt. Where a doubt
 * remains whether a tensor is one parameter of the module, whole and alone, the file is refused,
 * unless the tensors of the file are asked for as they are.
 */
final class TensorIdentities {
  private static final int MOST_NAMES = 8;

  /**
   * @param tensors of the file, or parameters that it lacks
   * @param reason why they may not be the module's, as the rest of a sentence that they begin
   * @param merged whether they are computed from parameters, so that none of these can replace them
   */
  record Doubt(List<String> tensors, String reason, boolean merged) {
    String sentence() {
      return "%s %s".formatted(listed(tensors), reason);
    }
  }

  /**
   * An input of one node, by position: a node can take a tensor twice, once for each of two that
   * the exporter has stored once for their equal values.
   */
  record NodeInput(int node, int input) {}

  private final Map<String, StoredTensor> tensors;
  private final Map<NodeInput, StoredTensor> uses = new HashMap<>();
  private final BitSet aliases = new BitSet();
  private final Map<String, Doubt> doubts = new LinkedHashMap<>();
  private final List<String> notes = new ArrayList<>();
  private final List<String> order = new ArrayList<>();
  private final Set<String> frozen = new LinkedHashSet<>();
  private final Set<String> unused = new LinkedHashSet<>();
  private UnaryOperator<StoredTensor> branches = StoredTensor::constant;
  private String advice = "";

  /**
   * @param tensors by their names in the file; what is found out about them replaces them
   */
  TensorIdentities(Map<String, StoredTensor> tensors) {
    this.tensors = tensors;
  }

  /**
   * @param graph the file's, with what is left out of it
   * @param needed the nodes that lead to the output
   * @param sources all tensors of the file by their names
   * @param tensors those of floating-point numbers; what is found out replaces them
   * @throws IllegalArgumentException if what samplegrad.export wrote does not fit the file
   */
  static TensorIdentities of(
      ModelProto file,
      GraphProto graph,
      BitSet needed,
      Map<String, TensorSource> sources,
      Map<String, StoredTensor> tensors) {
    TensorIdentities identities = new TensorIdentities(tensors);
    ExportedSignature signature = new ExportedSignature(graph);
    ModuleRecord record = ModuleRecord.of(file);
    if (record != null) {
      record.identify(identities, sources, signature);
    } else if (!signature.isEmpty()) {
      new ExportedTensors(graph, signature, identities).identify(needed);
    } else {
      new ScriptedTensors(file, identities).identify(needed);
    }
    return identities;
  }

  /** The tensor of a name in the file, or null. */
  StoredTensor tensor(String name) {
    return tensors.get(name);
  }

  Map<String, StoredTensor> tensors() {
    return tensors;
  }

  void put(String name, StoredTensor tensor) {
    tensors.put(name, tensor);
  }

  void putUse(NodeInput where, StoredTensor tensor) {
    uses.put(where, tensor);
  }

  /** What stands for a tensor as the input of one node; null if what stands for it elsewhere. */
  StoredTensor use(int node, int input) {
    return uses.get(new NodeInput(node, input));
  }

  /** What becomes of tensors that lie in the branch of a node; they are constants by default. */
  void putBranches(UnaryOperator<StoredTensor> identity) {
    branches = identity;
  }

  StoredTensor inBranch(TensorSource source) {
    return branches.apply(StoredTensor.of(source));
  }

  /** A node that only gives a tensor another name, which is known by now. */
  void putAlias(int node, NodeProto alias, StoredTensor tensor) {
    aliases.set(node);
    tensors.put(alias.getOutput(0), tensor);
  }

  boolean isAlias(int node) {
    return aliases.get(node);
  }

  /** A doubt about one tensor; the first about it counts. */
  void doubt(String tensor, String reason, boolean merged) {
    doubts.putIfAbsent(tensor, new Doubt(List.of(tensor), reason, merged));
  }

  void note(String note) {
    notes.add(note);
  }

  /** The order of the parameters in the module, as far as it is known. */
  void order(List<String> names) {
    order.addAll(names);
  }

  List<String> order() {
    return order;
  }

  void freeze(String parameter) {
    frozen.add(parameter);
  }

  /** The parameters that the module does not train. */
  Set<String> frozen() {
    return frozen;
  }

  /** A parameter of the module that takes no part in the output. */
  void leaveOut(String parameter) {
    unused.add(parameter);
  }

  /** The parameters of the module that take no part in the output. */
  Set<String> unused() {
    return unused;
  }

  /** What to do about doubts, as a sentence. */
  void advise(String advice) {
    this.advice = advice;
  }

  /** The doubts, those of one reason together. */
  List<Doubt> doubts() {
    Map<String, List<Doubt>> byReason =
        doubts.values().stream()
            .collect(Collectors.groupingBy(Doubt::reason, LinkedHashMap::new, Collectors.toList()));
    List<Doubt> grouped = new ArrayList<>();
    byReason.forEach(
        (reason, same) ->
            grouped.add(
                new Doubt(
                    same.stream().flatMap(doubt -> doubt.tensors().stream()).toList(),
                    reason,
                    same.stream().anyMatch(Doubt::merged))));
    return grouped;
  }

  /**
   * @throws IllegalArgumentException if there are doubts
   */
  void requireNoDoubt() {
    if (!doubts.isEmpty()) {
      throw new IllegalArgumentException(
          "its tensors may not be the parameters of the PyTorch module, each whole and alone: %s. %s; or take the file's own tensors as the parameters by --accept-file-parameters"
              .formatted(
                  doubts().stream().map(Doubt::sentence).collect(Collectors.joining("; ")),
                  advice));
    }
  }

  /**
   * @param parameters those that the translated model has
   * @throws IllegalArgumentException if the file records others
   */
  void requireUsed(Set<String> parameters) {
    List<String> missing = order.stream().filter(name -> !parameters.contains(name)).toList();
    if (doubts.isEmpty() && !missing.isEmpty()) {
      throw new IllegalArgumentException(
          "the parameters %s of the module do not lead to its output. %s"
              .formatted(listed(missing), advice));
    }
  }

  /** The tensors that were computed from parameters of the module, or stand for several. */
  List<String> merged() {
    return doubts.values().stream()
        .filter(Doubt::merged)
        .flatMap(doubt -> doubt.tensors().stream())
        .toList();
  }

  /** What the user should know, a sentence each. */
  List<String> notes() {
    List<String> all = new ArrayList<>();
    for (Doubt doubt : doubts()) {
      all.add(
          "The file's own tensors are taken as the parameters, though %s. %s"
              .formatted(doubt.sentence(), advice));
    }
    all.addAll(notes);
    return all;
  }

  static String listed(List<String> names) {
    String shown =
        names.stream().limit(MOST_NAMES).map("'%s'"::formatted).collect(Collectors.joining(", "));
    int more = names.size() - MOST_NAMES;
    return more > 0 ? shown + " and %d more".formatted(more) : shown;
  }

  static boolean haveSameValues(StoredTensor a, StoredTensor b) {
    return a.parameterShape().equals(b.parameterShape())
        && Arrays.equals(a.source().reals(), b.source().reals());
  }

  /** A parameter's name in its module: {@code weight}. */
  static String own(String parameter) {
    return parameter.substring(parameter.lastIndexOf('.') + 1);
  }

  /** The module of a parameter; empty for the outermost. */
  static String module(String parameter) {
    int dot = parameter.lastIndexOf('.');
    return dot < 0 ? "" : parameter.substring(0, dot);
  }
}
