package org.samplegrad.core.models.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.models.UnusableModelException;

/** Local functions that are well made have golden cases; these are not, or are called twice. */
class FunctionInliningTest {
  private static final String LOCAL = "local";

  private static NodeProto.Builder call(String function, String input, String output) {
    return NodeProto.newBuilder()
        .setDomain(LOCAL)
        .setOpType(function)
        .addInput(input)
        .addOutput(output);
  }

  private static FunctionProto.Builder function(String name, NodeProto.Builder... nodes) {
    FunctionProto.Builder function =
        FunctionProto.newBuilder().setDomain(LOCAL).setName(name).addInput("a").addOutput("b");
    for (NodeProto.Builder node : nodes) {
      function.addNode(node);
    }
    return function;
  }

  private static OnnxText file(FunctionProto.Builder... functions) {
    OnnxText file = new OnnxText(-1, 4).weight("w", 4);
    file.graph().addNode(call("f", "x", "c"));
    file.graph().addNode(call("f", "c", "d"));
    file.node("Add", List.of("d", "w"), List.of("y"));
    for (FunctionProto.Builder function : functions) {
      file.model().addFunctions(function);
    }
    return file;
  }

  private static NodeProto.Builder tanh(String input, String output) {
    return NodeProto.newBuilder().setOpType("Tanh").addInput(input).addOutput(output);
  }

  @Test
  void valuesOfTwoCallsDoNotMeet() {
    OnnxText file = file(function("f", tanh("a", "inside"), tanh("inside", "b")));
    assertThat(file.read().model().elementsPerSample()).isEqualTo(4 * (1 + 4 + 1 + 1));
  }

  @Test
  void aFunctionThatCallsItselfIsRefused() {
    assertThatThrownBy(() -> file(function("f", call("f", "a", "b"))).read())
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("function 'f' is called by itself");
  }

  @Test
  void functionsThatGrowBeyondMeasureAreRefused() {
    FunctionProto.Builder[] functions = new FunctionProto.Builder[30];
    for (int i = 0; i < functions.length; i++) {
      String name = i == 0 ? "f" : "f" + i;
      String next = "f" + (i + 1);
      functions[i] =
          i == functions.length - 1
              ? function(name, tanh("a", "b"))
              : function(name, call(next, "a", "m"), call(next, "m", "b"));
    }
    assertThatThrownBy(() -> file(functions).read())
        .isInstanceOf(UnusableModelException.class)
        .hasMessageMatching(".*functions make .*");
  }

  @Test
  void aFunctionOfOtherOperatorsIsRefused() {
    FunctionProto.Builder function =
        function("f", tanh("a", "b")).addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(7));
    assertThatThrownBy(() -> file(function).read())
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("version 7");
  }

  @Test
  void twoFunctionsOfOneNameAreRefused() {
    FunctionProto.Builder function = function("f", tanh("a", "b"));
    assertThatThrownBy(() -> file(function, function).read())
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("two of its functions are named 'f'");
  }
}
