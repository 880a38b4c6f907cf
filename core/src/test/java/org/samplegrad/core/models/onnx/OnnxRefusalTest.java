package org.samplegrad.core.models.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samplegrad.core.models.onnx.OnnxText.integer;
import static org.samplegrad.core.models.onnx.OnnxText.integers;
import static org.samplegrad.core.models.onnx.OnnxText.text;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.models.UnusableModelException;

/** What is not supported is refused with the node's name and type, never passed over. */
class OnnxRefusalTest {
  private static final List<String> X = List.of("x");
  private static final List<String> Y = List.of("y");

  private static OnnxText vectors() {
    return new OnnxText(-1, 4);
  }

  /** The samples last, as {@code t}. */
  private static OnnxText transposed() {
    return vectors().node("Transpose", X, List.of("t"), integers("perm", 1, 0));
  }

  private static OnnxText images() {
    return new OnnxText(-1, 2, 4, 4);
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of("unknown", vectors().node("Frobnicate"), "Frobnicate", "LayerNormalization"),
        Arguments.of(
            "a branch for each sample",
            vectors().node("If"),
            "If",
            "condition depends on the samples"),
        Arguments.of(
            "batch norm in training mode",
            images()
                .weight("w", 2)
                .node(
                    "BatchNormalization",
                    List.of("x", "w", "w", "w", "w"),
                    Y,
                    integer("training_mode", 1)),
            "BatchNormalization",
            "model.eval()"),
        Arguments.of(
            "batch norm with statistics as results",
            images()
                .weight("w", 2)
                .node(
                    "BatchNormalization",
                    List.of("x", "w", "w", "w", "w"),
                    List.of("y", "mean", "var")),
            "BatchNormalization",
            "training mode"),
        Arguments.of(
            "dropout in training mode",
            vectors()
                .tensor(OnnxTensors.truth("on", true))
                .node("Dropout", List.of("x", "", "on"), Y),
            "Dropout",
            "model.eval()"),
        Arguments.of(
            "dropout with a mask",
            vectors().node("Dropout", X, List.of("y", "mask")),
            "Dropout",
            "training mode"),
        Arguments.of(
            "a mean over the samples",
            vectors().opset(13).node("ReduceMean", X, Y, integers("axes", 0)),
            "ReduceMean",
            "mixes samples"),
        Arguments.of(
            "a norm over no axes",
            vectors().node("ReduceL2", X, Y, integer("noop_with_empty_axes", 1)),
            "ReduceL2",
            "give it axes"),
        Arguments.of("a norm over all", vectors().node("ReduceL2"), "ReduceL2", "mixes samples"),
        Arguments.of("a sum over all", vectors().node("ReduceSum"), "ReduceSum", "mixes samples"),
        Arguments.of(
            "a softmax over the samples",
            vectors().node("Softmax", X, Y, integer("axis", 0)),
            "Softmax",
            "mixes samples"),
        Arguments.of(
            "a reshape of pairs of samples",
            vectors().integers("s", List.of(-1L, 8L)).node("Reshape", "s"),
            "Reshape",
            "mix samples"),
        Arguments.of(
            "a softmax over samples that are the last axis",
            transposed().node("Softmax", List.of("t"), Y),
            "Softmax",
            "mixes samples"),
        Arguments.of(
            "samples first and samples last",
            transposed().node("Add", List.of("t", "x"), Y),
            "Add",
            "would mix samples"),
        Arguments.of(
            "a product over samples that are the last axis",
            transposed().node("MatMul", List.of("t", "x"), Y),
            "MatMul",
            "would mix samples"),
        Arguments.of(
            "a number for each of some samples, which are the last axis",
            transposed().weight("w", 4, 3).node("Mul", List.of("t", "w"), Y),
            "Mul",
            "would mix samples"),
        Arguments.of(
            "a mean of a norm where samples and positions share an axis",
            vectors()
                .integers("s", List.of(-1L, 2L))
                .weight("w", 2)
                .node("Reshape", List.of("x", "s"), List.of("t"))
                .node("InstanceNormalization", List.of("t", "w", "w"), Y),
            "InstanceNormalization",
            "takes samples that an earlier node has put along the axis 0 of [2 n, 2]"),
        Arguments.of(
            "samples taken apart from what they share an axis with",
            vectors()
                .integers("s", List.of(-1L, 2L))
                .integers("other", List.of(2L, -1L, 2L))
                .node("Reshape", List.of("x", "s"), List.of("t"))
                .node("Reshape", List.of("t", "other"), Y),
            "Reshape",
            "would mix samples"),
        Arguments.of(
            "a flattening of the samples",
            vectors().node("Flatten", X, Y, integer("axis", 0)),
            "Flatten",
            "mix samples"),
        Arguments.of(
            "a concatenation of samples",
            vectors().node("Concat", List.of("x", "x"), Y, integer("axis", 0)),
            "Concat",
            "mixes samples"),
        Arguments.of(
            "a slice of the samples",
            vectors()
                .integers("from", List.of(1L))
                .integers("to", List.of(3L))
                .integers("axis", List.of(0L))
                .node("Slice", "from", "to", "axis"),
            "Slice",
            "mixes samples"),
        Arguments.of(
            "one sample by its index",
            vectors().integers("index", List.of(0L)).node("Gather", "index"),
            "Gather",
            "mixes samples"),
        Arguments.of(
            "a normalisation by the number of samples",
            vectors()
                .node("Shape", X, List.of("shape"))
                .integers("zero", List.of(0L))
                .node("Gather", List.of("shape", "zero"), List.of("count"))
                .node("Cast", List.of("count"), List.of("real"), integer("to", 1))
                .node("Div", "real"),
            "Div",
            "number of samples"),
        Arguments.of(
            "a parameter for each sample of a batch",
            vectors().weight("w", 3, 4).node("Add", "w"),
            "Add",
            "sample to sample"),
        Arguments.of(
            "values of one rank with values of another",
            images()
                .node("GlobalAveragePool", X, List.of("p"))
                .node("Flatten", List.of("p"), List.of("f"))
                .node("Mul", "f"),
            "Mul",
            "along another axis"),
        Arguments.of(
            "a product over the samples",
            vectors().node("MatMul", List.of("x", "x"), Y),
            "MatMul",
            "mixes samples"),
        Arguments.of(
            "a first input that is transposed",
            vectors().weight("w", 4, 4).node("Gemm", List.of("x", "w"), Y, integer("transA", 1)),
            "Gemm",
            "not transposed"),
        Arguments.of(
            "the positions of maxima",
            images().node("MaxPool", X, List.of("y", "i"), integers("kernel_shape", 2, 2)),
            "MaxPool",
            "results"),
        Arguments.of(
            "a padding mode",
            images()
                .integers("p", List.of(0L, 0L, 1L, 1L, 0L, 0L, 1L, 1L))
                .node("Pad", List.of("x", "p"), Y, text("mode", "mirror")),
            "Pad",
            "'mirror'; constant, reflect, edge and wrap"),
        Arguments.of(
            "a reflection longer than the axis",
            images()
                .integers("p", List.of(0L, 0L, 99L, 1L, 0L, 0L, 1L, 1L))
                .node("Pad", List.of("x", "p"), Y, text("mode", "reflect")),
            "Pad",
            "by 99 and 1; in the mode 'reflect' 0 to"),
        Arguments.of(
            "a padding of many elements",
            images()
                .integers("p", List.of(0L, 0L, 0L, 0L, 0L, 0L, 0L, 1L << 40))
                .node("Pad", List.of("x", "p"), Y, text("mode", "edge")),
            "Pad",
            "by 0 and 1099511627776; in the mode 'edge' 0 to 65536"),
        Arguments.of(
            "a padding by others that takes away",
            images()
                .integers("p", List.of(0L, 0L, -1L, 0L, 0L, 0L, 0L, 0L))
                .node("Pad", List.of("x", "p"), Y, text("mode", "wrap")),
            "Pad",
            "by -1 and 0; in the mode 'wrap' 0 to 65536"),
        Arguments.of(
            "a padding without its value",
            images()
                .integers("p", List.of(0L, 0L, 1L, 1L, 0L, 0L, 1L, 1L))
                .integers("none", List.of())
                .node("Pad", List.of("x", "p", "none"), Y),
            "Pad",
            "value must be a single number, found the shape [0]"),
        Arguments.of(
            "a dropout of an unknown mode",
            vectors().integers("none", List.of()).node("Dropout", List.of("x", "", "none"), Y),
            "Dropout",
            "training mode must be a single number, found the shape [0]"),
        Arguments.of(
            "a choice by what is no truth",
            vectors().node("Where", List.of("x", "x", "x"), Y),
            "Where",
            "needs truths as its input 0"),
        Arguments.of(
            "a product of one input",
            vectors().weight("onnx::MatMul_3", 4, 4).node("MatMul", List.of("onnx::MatMul_3"), Y),
            "MatMul",
            "input"),
        Arguments.of(
            "an attribute nobody knows",
            vectors().node("Relu", X, Y, integer("slowly", 1)),
            "Relu",
            "slowly"),
        Arguments.of(
            "a count up to the number of samples",
            vectors()
                .integers("zero", List.of(0L))
                .integers("one", List.of(1L))
                .node("Shape", X, List.of("n"), integer("end", 1))
                .node("Range", List.of("zero", "n", "one"), List.of("ids"))
                .node("Add", "ids"),
            "Range",
            "the number of samples"),
        Arguments.of(
            "a count that never ends",
            vectors()
                .integers("zero", List.of(0L))
                .integers("far", List.of(1L << 30))
                .integers("one", List.of(1L))
                .node("Range", List.of("zero", "far", "one"), List.of("ids"))
                .node("Add", "ids"),
            "Range",
            "numbers allowed"),
        Arguments.of(
            "an evaluation of samples",
            vectors().node("Floor", X, Y),
            "Floor",
            "depends on the samples or on parameters"),
        Arguments.of(
            "an element that a sequence lacks",
            vectors()
                .integers("at", List.of(2L))
                .node("SequenceConstruct", List.of("x", "x"), List.of("s"))
                .node("SequenceAt", List.of("s", "at"), Y),
            "SequenceAt",
            "the position 2 of a sequence of 2 values"),
        Arguments.of(
            "a sequence where a value is meant",
            vectors().node("SequenceConstruct", X, List.of("s")).node("Relu", List.of("s"), Y),
            "Relu",
            "a sequence of values"),
        Arguments.of(
            "a weight that does not fit",
            vectors().weight("w", 3, 5).node("Gemm", "w"),
            "Gemm",
            "found [4]"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void isRefused(String what, OnnxText file, String type, String reason) {
    assertThatThrownBy(file::read)
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("m.onnx")
        .hasMessageContaining("the-" + type)
        .hasMessageContaining("type " + type)
        .hasMessageContaining(reason);
  }

  static Stream<Arguments> refusedAsAWhole() {
    OnnxText twoInputs = vectors().weight("w", 4).node("Add", "w");
    twoInputs.graph().addInput(OnnxText.value("z", -1, 4));
    OnnxText twoOutputs = vectors().weight("w", 4).node("Add", "w");
    twoOutputs.graph().addOutput(OnnxText.value("x"));
    OnnxText noOpset = vectors().weight("w", 4).node("Add", "w");
    noOpset.model().clearOpsetImport();
    return Stream.of(
        Arguments.of(
            "samples last",
            vectors().node("Transpose"),
            "has the shape [4, n]; the samples must be its first axis"),
        Arguments.of(
            "halves of samples",
            vectors().integers("s", List.of(-1L, 2L)).node("Reshape", "s"),
            "has the shape [2 n, 2]; the samples must be its first axis"),
        Arguments.of(
            "the numbers of all samples in one vector",
            vectors().integers("s", List.of(-1L)).node("Reshape", "s"),
            "has the shape [4 n]; the samples must be its first axis"),
        Arguments.of(
            "a recurrent layer",
            vectors().node("Frobnicate", X, List.of("f")).node("LSTM", List.of("f"), Y),
            "'the-LSTM' is a recurrent layer (LSTM)"),
        Arguments.of("a loop", vectors().node("Loop"), "'the-Loop' is a loop (Loop)"),
        Arguments.of("two inputs", twoInputs, "2 inputs"),
        Arguments.of("two outputs", twoOutputs, "2 outputs"),
        Arguments.of("no version of the operators", noOpset, "version"),
        Arguments.of(
            "a version to come", vectors().opset(99).weight("w", 4).node("Add", "w"), "99"),
        Arguments.of(
            "a second dynamic axis",
            new OnnxText(-1, -1).weight("w", 4).node("Add", "w"),
            "no fixed extent along the axis 1"),
        Arguments.of("an input that nothing computes", vectors().node("Add", "no"), "'no'"),
        Arguments.of(
            "an output without samples",
            vectors().weight("w", 4).node("Relu", List.of("w"), Y),
            "does not depend on the samples"),
        Arguments.of(
            "a constant of another type",
            vectors().tensor(OnnxTensors.of("w", 8, 4)).node("Add", "w"),
            "STRING"),
        Arguments.of(
            "less data than the shape says",
            vectors().tensor(OnnxTensors.of("w", 1, 4)).node("Add", "w"),
            "needs 4 numbers"),
        Arguments.of(
            "a shape beyond memory",
            vectors().tensor(OnnxTensors.of("w", 1, 1 << 20, 1 << 20)).node("Add", "w"),
            "more elements"),
        Arguments.of(
            "a negative extent",
            vectors().tensor(OnnxTensors.of("w", 1, -4)).node("Add", "w"),
            "-4"),
        Arguments.of(
            "a constant that grows",
            vectors()
                .integers("s", List.of(1L << 15, 1L << 15))
                .node("ConstantOfShape", List.of("s"), List.of("c"))
                .node("Add", "c"),
            "elements allowed"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusedAsAWhole")
  void theFileIsRefused(String what, OnnxText file, String reason) {
    assertThatThrownBy(file::read)
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("m.onnx")
        .hasMessageContaining(reason);
  }

  @Test
  void whatDoesNotLeadToTheOutputIsOfNoConcern() {
    OnnxText file = vectors().weight("w", 4).node("Add", "w");
    file.node("Frobnicate", X, List.of("elsewhere"));
    assertThat(file.read().model().parameters().size()).isEqualTo(4);
  }
}
