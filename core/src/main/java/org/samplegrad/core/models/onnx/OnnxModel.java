package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.models.Graph;
import org.samplegrad.core.models.Model;
import org.samplegrad.core.models.UnusableModelException;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * A model from an ONNX file.
 *
 * @param weights the parameters as the file has them
 * @param frozen the names of those that the module does not train, as far as the file says so
 * @param unused the names of parameters of the module that take no part in the output; they are
 *     left out
 * @param merged the names of those that the exporter computed from parameters of the module, which
 *     these cannot replace
 * @param notes what the user should know about them, a sentence each
 */
public record OnnxModel(
    Model model,
    ParameterVector weights,
    Set<String> frozen,
    Set<String> unused,
    List<String> merged,
    List<String> notes) {
  private static final int MOST_NODES = 100_000;
  private static final int MOST_AXES = 8;

  /** Stands for the place of a node that is inside another. */
  private static final int INSIDE = -1;

  private static final long MOST_EVALUATED = 1 << 22;
  private static final int OLDEST_OPSET = 7;
  private static final int NEWEST_OPSET = 26;
  private static final Set<String> DOMAINS = Set.of("", "ai.onnx");

  /**
   * @param name the file's name, for messages
   * @param length the file's length in bytes
   * @param files the files beside it
   * @throws UnusableModelException if the file is damaged, or holds what is not supported; the
   *     message names the node; or if its tensors may not be the parameters of the module
   * @throws IOException if the stream cannot be read
   */
  public static OnnxModel read(
      String name, InputStream stream, long length, ExternalFiles files, FileParameters parameters)
      throws IOException {
    try {
      return of(OnnxFile.read(stream, length), files, parameters);
    } catch (IllegalArgumentException | ArithmeticException | UnusableModelException e) {
      throw new UnusableModelException("Model file '%s': %s".formatted(name, e.getMessage()), e);
    }
  }

  private static OnnxModel of(ModelProto file, ExternalFiles files, FileParameters parameters) {
    int opset = opset(file);
    ModelProto whole = FunctionInlining.of(file, opset);
    GraphProto graph = whole.getGraph();
    if (graph.getNodeCount() == 0 || graph.getNodeCount() > MOST_NODES) {
      throw new IllegalArgumentException(
          "it has %d nodes; a model has 1 to %d".formatted(graph.getNodeCount(), MOST_NODES));
    }
    if (graph.getSparseInitializerCount() > 0) {
      throw new IllegalArgumentException(
          "it holds sparse tensors, which are not supported; export it without");
    }
    return new Reading(whole, opset, files, parameters).model();
  }

  private static int opset(ModelProto file) {
    for (OperatorSetIdProto set : file.getOpsetImportList()) {
      if (DOMAINS.contains(set.getDomain())) {
        if (set.getVersion() < OLDEST_OPSET || set.getVersion() > NEWEST_OPSET) {
          throw new IllegalArgumentException(
              "it uses version %d of the ONNX operators; versions %d to %d are supported"
                  .formatted(set.getVersion(), OLDEST_OPSET, NEWEST_OPSET));
        }
        return (int) set.getVersion();
      }
    }
    throw new IllegalArgumentException("it is no ONNX model: no version of its operators is given");
  }

  /** One file while it is read. */
  private static final class Reading {
    private final GraphProto graph;
    private final int opset;
    private final ParameterRule rule;
    private final Map<String, Operand> values = new HashMap<>();
    private final Map<String, StoredTensor> stored = new LinkedHashMap<>();
    private final FileParameters accepted;
    private final BitSet needed;
    private final TensorIdentities identities;
    private final GraphTranslation translation;
    private final Graph.Builder builder;
    private long evaluated;

    Reading(ModelProto file, int opset, ExternalFiles files, FileParameters parameters) {
      this.graph = ZeroBiases.restore(file.getGraph());
      this.opset = opset;
      this.accepted = parameters;
      Map<String, TensorSource> sources = new LinkedHashMap<>();
      Map<String, Long> external = new HashMap<>();
      for (TensorProto tensor : graph.getInitializerList()) {
        TensorSource source = TensorSource.of(tensor, files);
        if (sources.put(tensor.getName(), source) != null) {
          throw new IllegalArgumentException(
              "two tensors are named '%s'".formatted(tensor.getName()));
        }
        if (source.externalFile() != null) {
          external.merge(source.externalFile(), source.byteCount(), Math::addExact);
        }
      }
      requireWhole(external, files);
      sources.forEach(
          (name, source) -> {
            if (source.isInteger()) {
              define(name, source.read());
            } else {
              stored.put(name, StoredTensor.of(source));
            }
          });
      ValueInfoProto input = onlyInput(sources.keySet());
      this.needed = needed();
      needed.stream()
          .mapToObj(graph::getNode)
          .flatMap(Subgraphs::withInner)
          .forEach(Operator::requireNoLoop);
      this.identities = TensorIdentities.of(file, graph, needed, sources, stored);
      if (parameters == FileParameters.REFUSE_DOUBT) {
        identities.requireNoDoubt();
      }
      this.rule = new ParameterRule(new ExportedSignature(graph));
      stored.forEach(this::define);
      Shape sample = sampleShape(input);
      this.builder = Graph.builder(sample);
      this.translation = new GraphTranslation(builder, rule, fixedBatch(input));
      define(input.getName(), translation.input());
    }

    /** Tensors that share bytes of a file would need more memory than the file. */
    private static void requireWhole(Map<String, Long> bytes, ExternalFiles files) {
      bytes.forEach(
          (name, needed) -> {
            try (ExternalFiles.Opened file = files.open(name)) {
              if (needed > file.length()) {
                throw new IllegalArgumentException(
                    "its tensors need %d bytes of the file '%s' beside it, which has %d"
                        .formatted(needed, name, file.length()));
              }
            } catch (IOException e) {
              throw new IllegalArgumentException(
                  "the file '%s' beside it cannot be read: %s".formatted(name, e.getMessage()), e);
            }
          });
    }

    private void define(String name, Operand value) {
      if (values.put(name, value) != null) {
        throw new IllegalArgumentException("two values are named '%s'".formatted(name));
      }
    }

    /** Older files list the initialisers as inputs too. */
    private ValueInfoProto onlyInput(Set<String> tensors) {
      List<ValueInfoProto> inputs =
          graph.getInputList().stream().filter(i -> !tensors.contains(i.getName())).toList();
      if (inputs.size() != 1) {
        throw new IllegalArgumentException(
            "it has %d inputs; one is supported, the samples".formatted(inputs.size()));
      }
      return inputs.get(0);
    }

    private static Shape sampleShape(ValueInfoProto input) {
      String what = "its input '%s' ".formatted(input.getName());
      TypeProto.Tensor type = input.getType().getTensorType();
      if (!input.getType().hasTensorType() || ElementType.of(type.getElemType()).isInteger()) {
        throw new IllegalArgumentException(what + "holds no floating-point numbers");
      }
      if (!type.hasShape()
          || type.getShape().getDimCount() < 1
          || type.getShape().getDimCount() > MOST_AXES) {
        throw new IllegalArgumentException(
            what + "needs a shape of 1 to %d axes, the first for the samples".formatted(MOST_AXES));
      }
      List<TensorShapeProto.Dimension> axes = type.getShape().getDimList();
      int[] extents = new int[axes.size() - 1];
      for (int axis = 1; axis < axes.size(); axis++) {
        long extent = axes.get(axis).getDimValue();
        if (!axes.get(axis).hasDimValue() || extent < 1 || extent > Integer.MAX_VALUE) {
          throw new IllegalArgumentException(
              what
                  + "has no fixed extent along the axis %d%s; only the first axis, that of the samples, may be dynamic. Export it with the other axes fixed"
                      .formatted(
                          axis,
                          axes.get(axis).hasDimParam()
                              ? ", '" + axes.get(axis).getDimParam() + "'"
                              : ""));
        }
        extents[axis - 1] = (int) extent;
      }
      return Shape.of(extents);
    }

    private static long fixedBatch(ValueInfoProto input) {
      TensorShapeProto.Dimension first = input.getType().getTensorType().getShape().getDim(0);
      return first.hasDimValue() && first.getDimValue() > 0
          ? first.getDimValue()
          : StaticTensor.BATCH;
    }

    OnnxModel model() {
      String output = graph.getOutput(0).getName();
      for (int i = needed.nextSetBit(0); i >= 0; i = needed.nextSetBit(i + 1)) {
        if (!identities.isAlias(i)) {
          translate(i, graph.getNode(i));
        }
      }
      if (!(values.get(output) instanceof GraphValue prediction) || !prediction.batched()) {
        throw new IllegalArgumentException(
            "its output '%s' does not depend on the samples".formatted(output));
      }
      if (prediction.isMoved()) {
        throw new IllegalArgumentException(
            "its output '%s' has the shape %s; the samples must be its first axis, by themselves"
                .formatted(output, ShapeNodes.text(ShapeNodes.extents(prediction))));
      }
      Map<String, StoredTensor> parameters = translation.parameters();
      Set<String> order = new LinkedHashSet<>(identities.order());
      stored.values().forEach(tensor -> order.add(tensor.parameter()));
      order.retainAll(parameters.keySet());
      order.addAll(parameters.keySet());
      Model model = builder.parameterOrder(List.copyOf(order)).build(prediction.node());
      if (accepted == FileParameters.REFUSE_DOUBT) {
        identities.requireNoDoubt();
      }
      identities.requireUsed(parameters.keySet());
      return new OnnxModel(
          model,
          weights(model.parameters(), parameters),
          Set.copyOf(identities.frozen()),
          Set.copyOf(identities.unused()),
          identities.merged(),
          Stream.concat(identities.notes().stream(), rule.notes().stream()).toList());
    }

    /** The nodes that lead to the output; what else the file computes is of no concern. */
    private BitSet needed() {
      if (graph.getOutputCount() != 1) {
        throw new IllegalArgumentException(
            "it has %d outputs; one is supported, the prediction"
                .formatted(graph.getOutputCount()));
      }
      Set<String> wanted = new HashSet<>(List.of(graph.getOutput(0).getName()));
      BitSet needed = new BitSet(graph.getNodeCount());
      for (int i = graph.getNodeCount() - 1; i >= 0; i--) {
        NodeProto node = graph.getNode(i);
        if (node.getOutputList().stream().anyMatch(wanted::contains)) {
          needed.set(i);
          wanted.addAll(Subgraphs.inputs(node));
        }
      }
      return needed;
    }

    private void translate(int index, NodeProto node) {
      List<Operand> operands = new ArrayList<>();
      for (int i = 0; i < node.getInputCount(); i++) {
        String input = node.getInput(i);
        Operand own = identities.use(index, i);
        Operand operand = own != null || input.isEmpty() ? own : values.get(input);
        if (operand == null && !input.isEmpty()) {
          throw new IllegalArgumentException(
              "the node '%s' of type %s takes the value '%s', which nothing before it computes"
                  .formatted(node.getName(), node.getOpType(), input));
        }
        operands.add(operand);
      }
      OnnxNode seen = new OnnxNode(node, opset, operands, rule, this::branch);
      Operand[] results;
      try {
        Operator operator = Operator.of(node.getDomain(), node.getOpType());
        results = operator.results(seen, translation);
        seen.requireAllRead();
      } catch (IllegalArgumentException | ArithmeticException | UnusableModelException e) {
        throw new IllegalArgumentException("the %s %s".formatted(seen, e.getMessage()), e);
      }
      for (int i = 0; i < node.getOutputCount(); i++) {
        if (!node.getOutput(i).isEmpty() && i < results.length) {
          define(node.getOutput(i), results[i]);
          countEvaluated(results[i]);
        }
      }
    }

    /** The results of a graph inside a node, which sees all values before it. */
    private Operand[] branch(GraphProto branch) {
      Set<String> own = new HashSet<>();
      for (TensorProto tensor : branch.getInitializerList()) {
        TensorSource source = TensorSource.of(tensor, ExternalFiles.NONE);
        define(source.name(), source.isInteger() ? source.read() : identities.inBranch(source));
        own.add(source.name());
      }
      for (NodeProto node : branch.getNodeList()) {
        translate(INSIDE, node);
        own.addAll(node.getOutputList());
      }
      Operand[] results = new Operand[branch.getOutputCount()];
      for (int i = 0; i < results.length; i++) {
        results[i] = values.get(branch.getOutput(i).getName());
        if (results[i] == null) {
          throw new IllegalArgumentException(
              "gives the value '%s', which nothing in its branch computes"
                  .formatted(branch.getOutput(i).getName()));
        }
      }
      own.forEach(values::remove);
      return results;
    }

    private void countEvaluated(Operand result) {
      if (result instanceof SequenceValue sequence) {
        sequence.elements().forEach(this::countEvaluated);
      }
      if (result instanceof StaticTensor constant) {
        evaluated += constant.shape().size();
        if (evaluated > MOST_EVALUATED + graph.getSerializedSize()) {
          throw new IllegalArgumentException(
              "its constants evaluate to more than %d numbers".formatted(MOST_EVALUATED));
        }
      }
    }

    private static ParameterVector weights(
        ParameterLayout layout, Map<String, StoredTensor> tensors) {
      double[] values = new double[layout.size()];
      for (ParameterLayout.Entry entry : layout.entries()) {
        double[] from = tensors.get(entry.name()).source().reals();
        System.arraycopy(from, 0, values, entry.offset(), entry.size());
      }
      ParameterVector weights = new ParameterVector(layout, values);
      if (weights.firstNotFinite() != null) {
        throw new IllegalArgumentException(
            "its tensor '%s' holds NaN or infinite values".formatted(weights.firstNotFinite()));
      }
      return weights;
    }
  }
}
