package org.samplegrad.core.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model file is untrusted: whatever is in it, the answer is a model or a clear message. */
class MalformedModelSpecTest {
  private static final int LONGEST_MESSAGE = 1000;

  /** Asserts that the spec is refused with a message that holds all the fragments. */
  private static void assertRefused(String spec, String... fragments) {
    assertThatThrownBy(() -> ModelSpecTest.read(spec))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("'model.json'")
        .satisfies(e -> List.of(fragments).forEach(f -> assertThat(e).hasMessageContaining(f)))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(LONGEST_MESSAGE));
  }

  private static String onImage(String layers) {
    return "{\"input\": [2, 9, 11], \"layers\": [%s]}".formatted(layers.replace('\'', '"'));
  }

  private static String onVector(String layers) {
    return "{\"input\": [6], \"layers\": [%s]}".formatted(layers.replace('\'', '"'));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "not json",
        "{'input': [6], 'layers': ['relu']",
        "{'input': [6], 'layers': ['relu',]}",
        "{'input': [6], 'layers': ['relu']} {}",
        "{'input': [6], 'layers': ['relu']} x",
        "{'input': [6], 'input': [7], 'layers': ['relu']}",
        "{'input': [6], 'layers': [{'linear': {'out': 3, 'out': 4}}]}",
        "{'input': [06], 'layers': ['relu']}",
        "{'input': [NaN], 'layers': ['relu']}",
        "{/* no comments */ 'input': [6], 'layers': ['relu']}",
      })
  void notJson(String spec) {
    assertRefused(spec.replace('\'', '"'), "is not JSON", "line 1, column ");
  }

  @Test
  void truncatedAnywhere() {
    for (int length = 0; length < ModelSpecTest.MNIST_CNN.length(); length++) {
      assertRefused(ModelSpecTest.MNIST_CNN.substring(0, length));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "   ", "[]", "null", "3", "\"relu\""})
  void notAnObject(String spec) {
    assertRefused(spec, "expected an object with 'input' and 'layers'");
  }

  @Test
  void notUnicode() {
    byte[] malformedUtf32 = {0, 0, 0, '{', 0, 0x11, (byte) 0xff, (byte) 0xff};
    byte[] malformedUtf8 = {'{', '"', (byte) 0xff, '"', ':', '1', '}'};
    byte[] cutUtf32 = {0, 0, 0, '{', 0, 0};
    for (byte[] bytes : List.of(malformedUtf32, malformedUtf8, cutUtf32, new byte[4])) {
      assertThatThrownBy(() -> ModelSpecTest.read(bytes))
          .isInstanceOf(UnusableModelException.class)
          .hasMessageContaining("'model.json' is not JSON");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'layers': ['relu']} | 'input' must be the shape of one sample",
        "{'input': [6]} | 'layers' must be an array of 1 to 10000 layers",
        "{'input': [6], 'layers': []} | 'layers' must be an array",
        "{'input': [6], 'layers': {}} | 'layers' must be an array",
        "{'input': [6], 'layers': 'relu'} | 'layers' must be an array",
        "{'input': [6], 'layers': ['relu'], 'loss': 'mse'} | unknown entry 'loss'",
        "{'input': 6, 'layers': ['relu']} | found 6",
        "{'input': [], 'layers': ['relu']} | found []",
        "{'input': [0], 'layers': ['relu']} | found [0]",
        "{'input': [-6], 'layers': ['relu']} | found [-6]",
        "{'input': [6.0], 'layers': ['relu']} | found [6.0]",
        "{'input': ['6'], 'layers': ['relu']} | 1 to 8 positive integers",
        "{'input': [2147483648], 'layers': ['relu']} | found [2147483648]",
        "{'input': [1,1,1,1,1,1,1,1,1], 'layers': ['relu']} | 1 to 8 positive integers",
        "{'input': [65536, 65536], 'layers': ['relu']} | more elements than an array can hold",
        "{'input': [2147483647, 2147483647, 2147483647], 'layers': ['relu']} | more elements",
        "{'input': [6], 'layers': [3]} | Layer 0: expected a name or an object with one name",
        "{'input': [6], 'layers': ['relu', []]} | Layer 1: expected a name",
        "{'input': [6], 'layers': [{}]} | Layer 0: expected a name",
        "{'input': [6], 'layers': [{'relu': {}, 'tanh': {}}]} | Layer 0: expected a name",
        "{'input': [6], 'layers': [{'relu': true}]} | the options of 'relu' must be an object",
        "{'input': [6], 'layers': [{'linear': null}]} | the options of 'linear' must be",
        "{'input': [6], 'layers': ['Relu']} | Layer 0: unknown layer 'Relu'; choose one of"
            + " abs, avgpool1d, avgpool2d,",
        "{'input': [6], 'layers': [{'relu': {'slope': 1}}]} | relu has no option 'slope'; it has"
            + " none",
      })
  void structure(String spec, String message) {
    assertRefused(spec.replace('\'', '"'), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'linear': {}} | Layer 0: linear needs the option 'out', an integer",
        "'linear' | linear needs the option 'out'",
        "{'linear': {'out': '3'}} | linear expects an integer for 'out', found \"3\"",
        "{'linear': {'out': 3.0}} | expects an integer for 'out', found 3.0",
        "{'linear': {'out': true}} | expects an integer for 'out', found true",
        "{'linear': {'out': null}} | expects an integer for 'out', found null",
        "{'linear': {'out': [3]}} | expects an integer for 'out', found [3]",
        "{'linear': {'out': 99999999999999999999}} | expects an integer for 'out'",
        "{'linear': {'out': 0}} | at least one input and one output; found 6 and 0",
        "{'linear': {'out': -1}} | found 6 and -1",
        "{'linear': {'out': 2147483647}} | more elements than an array can hold",
        "{'linear': {'out': 3, 'bias': 1}} | expects true or false for 'bias', found 1",
        "{'linear': {'out': 3, 'biass': true}} | no option 'biass'; it has bias, out",
        "'tanh', {'conv2d': {'out': 1, 'kernel': 1}} | Layer 1: conv2d expects an input of shape",
        "{'maxpool2d': {'kernel': 1}} | expects an input of shape [channels, height, width]",
      })
  void layersOnVectors(String layers, String message) {
    assertRefused(onVector(layers), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'flatten', {'conv2d': {'out': 3, 'kernel': 3}} | expects an input of shape [198,",
        "{'conv2d': {'kernel': 3}} | conv2d needs the option 'out'",
        "{'conv2d': {'out': 3}} | conv2d needs the option 'kernel', an integer or [height, width]",
        "{'conv2d': {'out': 3, 'kernel': [3]}} | integer or [height, width] for 'kernel'",
        "{'conv2d': {'out': 3, 'kernel': [3, 3, 3]}} | integer or [height, width] for 'kernel'",
        "{'conv2d': {'out': 3, 'kernel': [3, '3']}} | expects an integer for 'kernel', found \"3\"",
        "{'conv2d': {'out': 3, 'kernel': {}}} | expects an integer for 'kernel', found {}",
        "{'conv2d': {'out': 3, 'kernel': null}} | expects an integer for 'kernel', found null",
        "{'conv2d': {'out': 3, 'kernel': 0}} | kernel must be at least 1",
        "{'conv2d': {'out': 3, 'kernel': [3, -3]}} | kernel must be at least 1",
        "{'conv2d': {'out': 3, 'kernel': 3, 'stride': 0}} | stride must be at least 1",
        "{'conv2d': {'out': 3, 'kernel': 3, 'dilation': 0}} | dilation must be at least 1",
        "{'conv2d': {'out': 3, 'kernel': 3, 'padding': -1}} | padding must be at least 0",
        "{'conv2d': {'out': 3, 'kernel': 3, 'groups': 2}} | 2 inputs, 3 outputs, 2 groups",
        "{'conv2d': {'out': 3, 'kernel': 3, 'groups': 3}} | 2 inputs, 3 outputs, 3 groups",
        "{'conv2d': {'out': 3, 'kernel': 3, 'groups': 0}} | 2 inputs, 3 outputs, 0 groups",
        "{'conv2d': {'out': 0, 'kernel': 3}} | 2 inputs, 0 outputs",
        "{'conv2d': {'out': 3, 'kernel': 10}} | kernel of 10 x 10 does not fit into the padded"
            + " input [2, 9, 11]",
        "{'conv2d': {'out': 3, 'kernel': 5, 'dilation': 3}} | does not fit",
        "{'conv2d': {'out': 3, 'kernel': 2, 'dilation': 2147483647}} | does not fit",
        "{'conv2d': {'out': 3, 'kernel': 2147483647}} | more elements than an array can hold",
        "{'conv2d': {'out': 2147483647, 'kernel': 3}} | more elements than an array can hold",
        "{'conv2d': {'out': 1, 'kernel': 1, 'padding': 2147483647}} | Layer 0: ",
        "{'conv2d': {'out': 1, 'kernel': 1, 'padding': 100000}} | more elements",
        "{'conv2d': {'out': 1, 'kernel': 1000, 'padding': 1000}} | a working array of",
        "{'maxpool2d': {}} | maxpool2d needs the option 'kernel'",
        "{'maxpool2d': {'kernel': 10}} | does not fit",
        "{'maxpool2d': {'kernel': 2, 'padding': 2}} | padding must be at most half",
        "{'maxpool2d': {'kernel': 2, 'stride': 1, 'padding': [0, 6], 'dilation': [1, 12]}} | padding"
            + " is so large",
        "{'maxpool2d': {'kernel': 2, 'padding': 2147483647}} | Layer 0: ",
        "{'maxpool2d': {'kernel': 2147483647, 'padding': 2147483647}} | Layer 0: ",
        "{'maxpool2d': {'kernel': 2, 'bias': false}} | no option 'bias'; it has ceil_mode, dilation,"
            + " kernel, padding, stride",
      })
  void layersOnImages(String layers, String message) {
    assertRefused(onImage(layers), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'conv1d': {'out': 1, 'kernel': 1}} | conv1d expects an input of shape [2, length]",
        "{'avgpool3d': {'kernel': 1}} | shape [channels, depth, height, width], found [2, 9, 11]",
        "{'avgpool2d': {'kernel': 3, 'padding': 2}} | padding must be at most half",
        "{'conv2d': {'out': 1, 'kernel': 1, 'padding': [[1, 2]]}} | [before, after] for each of 2",
        "{'conv2d': {'out': 1, 'kernel': 1, 'padding': [[1], [2]]}} | [before, after] for each of 2",
        "{'conv2d': {'out': 1, 'kernel': 1, 'padding': [[1, 2], 3]}} | [before, after] for each",
        "{'conv2d': {'out': 1, 'kernel': 1, 'padding': [[1, 2], [3, -1]]}} | at least 0",
        "{'maxpool2d': {'kernel': 2, 'ceil_mode': 1}} | true or false for 'ceil_mode'",
        "{'batchnorm1d': {}} | batchnorm1d expects an input with 1 to 2 axes",
        "{'batchnorm2d': {'running_mean': [1]}} | array of 2 numbers for 'running_mean'",
        "{'batchnorm2d': {'running_var': [1, '2']}} | expects a number for 'running_var'",
        "{'batchnorm2d': {'running_var': [1, -2]}} | variances that are positive",
        "{'batchnorm2d': {'eps': -1}} | eps of at least 0",
        "{'batchnorm2d': {'eps': 1e999}} | expects a number for 'eps'",
        "{'layernorm': {'axes': 4}} | 1 to 3 last axes",
        "{'layernorm': {'elementwise_affine': false, 'bias': true}} | no bias where it has no weight",
        "{'groupnorm': {}} | needs the option 'groups'",
        "{'groupnorm': {'groups': 3}} | 2 channels, 3 groups",
        "{'groupnorm': {'groups': 0}} | 2 channels, 0 groups",
        "{'prelu': {'num_parameters': 3}} | prelu expects an input of shape [3, ...]",
        "{'prelu': {'num_parameters': 0}} | at least one channel",
        "{'celu': {'alpha': 0}} | alpha that is not 0",
        "{'softplus': {'beta': 0}} | beta that is not 0",
        "{'gelu': {'approximate': 'erf'}} | one of none, tanh for 'approximate'",
        "{'gelu': {'approximate': 1}} | one of none, tanh for 'approximate', found 1",
        "{'clamp': {'min': 2, 'max': 1}} | minimum 2.0 of a clip is not below its maximum 1.0",
        "{'pow': {}} | needs the option 'exponent', a number",
        "{'softmax': {'axis': 3}} | no axis 3 in an input of shape [2, 9, 11]",
        "{'logsoftmax': {'axis': -4}} | no axis -4",
        "{'reshape': {'shape': [2, 98]}} | input of shape [2, 9, 11] cannot take the shape [2, 98]",
        "{'reshape': {'shape': [-1, -1]}} | at most one -1",
        "{'reshape': {'shape': [0, -1]}} | positive integers",
        "{'reshape': {'shape': [65536, 65536, -1]}} | more elements",
        "{'reshape': {}} | needs the option 'shape'",
        "{'permute': {'axes': [0, 1]}} | not a permutation",
        "{'permute': {'axes': [0, 1, 1]}} | not distinct",
        "{'permute': {'axes': [0, 1, 2, 3, 4, 5, 6, 7, 8]}} | at most 8 integers",
        "{'slice': {'axis': 1, 'to': 10}} | no elements 0 to 10",
        "{'slice': {'axis': 1, 'from': 3, 'to': 3}} | no elements 3 to 3",
        "{'pad': {'before': 2147483647, 'after': 2147483647}} | Cannot pad",
        "{'pad': {'before': 2147483640}} | more elements",
        "{'mean': {'axes': [3]}} | no axis 3",
        "{'mean': {}} | needs the option 'axes'",
        "{'flatten': {'start_axis': 2, 'end_axis': 1}} | not in order",
        "{'residual': {}} | Layer 0: expected {\"residual\": {\"layers\": [...]",
        "{'residual': {'layers': []}} | Layer 0: expected",
        "{'residual': 3} | Layer 0: expected",
        "'residual' | unknown layer 'residual'",
        "{'residual': {'layers': ['relu'], 'shortcuts': []}} | Layer 0: expected",
        "{'residual': {'layers': ['relu'], 'shortcut': 'relu'}} | Layer 0: expected",
        "{'residual': {'layers': ['relu', 'x']}} | Layer 0.layers.1: unknown layer 'x'",
        "{'residual': {'layers': ['relu'], 'shortcut': ['x']}} | Layer 0.shortcut.0: unknown",
        "{'residual': {'layers': ['flatten']}} | layers give [198], its shortcut [2, 9, 11]",
        "{'residual': {'layers': [{'mean': {'axes': [0], 'keep_axes': true}}]}} | adds outputs of one",
      })
  void newerLayers(String layers, String message) {
    assertRefused(onImage(layers), message);
  }

  @Test
  void residualBlocksNestToABoundedDepth() {
    String deep = "'relu'";
    for (int depth = 0; depth < 16; depth++) {
      deep = "{'residual': {'layers': [" + deep + "]}}";
    }
    assertThat(catchThrowable(onImage(deep))).isNull();
    assertRefused(onImage("{'residual': {'layers': [" + deep + "]}}"), "more than 16 deep");
    String many = String.join(",", Collections.nCopies(5000, "'relu'"));
    assertRefused(
        onImage("{'residual': {'layers': [%s], 'shortcut': [%s]}}".formatted(many, many)),
        "1 to 10000 layers");
  }

  private static Throwable catchThrowable(String spec) {
    return Assertions.catchThrowable(() -> ModelSpecTest.read(spec));
  }

  @Test
  @Timeout(5)
  void statisticsOfManyChannelsTakeNoMemory() {
    assertThat(catchThrowable("{\"input\": [500000000], \"layers\": [{\"batchnorm1d\": {}}]}"))
        .isNull();
  }

  @Test
  @Timeout(5)
  void hugePoolingWindowIsRefusedQuickly() {
    assertRefused(
        onImage("{'maxpool2d': {'kernel': 1073741825, 'padding': 1073741824, 'stride': 1}}"),
        "Layer 0: ");
  }

  @Test
  void moreParametersThanAnArrayHolds() {
    String wide = "{'linear': {'out': 40000}}";
    assertRefused(
        onVector(String.join(", ", Collections.nCopies(4, wide))), "more parameters than an array");
  }

  @Test
  void tooManyLayers() {
    assertRefused(
        onVector(String.join(",", Collections.nCopies(10_001, "'relu'"))), "1 to 10000 layers");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "{\"a\":", "{\"input\":[", "[{\"\":"})
  void deepNestingDoesNotExhaustTheStack(String opening) {
    assertRefused(opening.repeat(1_000_000 / opening.length()), "is not JSON");
    assertRefused(
        "{\"layers\": [\"relu\"], \"input\": " + "[".repeat(500) + "]".repeat(500) + "}",
        "'input' must be");
  }

  @Test
  void largestFileIsBoundedBeforeItIsRead() {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return ' ';
          }
        };
    assertThatThrownBy(() -> ModelSpec.read("model.json", endless))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("'model.json' is larger than 1048576 bytes");
  }

  @Test
  void largestFileAllowedIsRead() throws IOException {
    String padded = ModelSpecTest.MNIST_CNN;
    padded += " ".repeat((1 << 20) - padded.length());
    assertThat(ModelSpecTest.read(padded).parameters().size()).isEqualTo(7340);
    assertRefused(padded + " ", "larger than 1048576 bytes");
  }

  @Test
  void messagesStayShortWhateverTheFileHolds() {
    String text = "x".repeat(1_000_000);
    List<String> specs = new ArrayList<>();
    specs.add("{\"input\": [6], \"layers\": [\"%s\"]}".formatted(text));
    specs.add("{\"input\": \"%s\", \"layers\": [\"relu\"]}".formatted(text));
    specs.add("{\"input\": [6], \"%s\": 1, \"layers\": [\"relu\"]}".formatted(text));
    specs.add(onVector("{'linear': '" + text + "'}"));
    specs.add(onVector("{'linear': {'out': '" + text + "'}}"));
    specs.add(onVector("{'linear': {'out': 3, '" + text + "': 4}}"));
    specs.add(onVector("{'linear': {'out': 3, 'bias': '" + text + "'}}"));
    specs.add(text);
    specs.forEach(MalformedModelSpecTest::assertRefused);
  }

  @Test
  void failureOfTheStreamIsNotTheModelsFault() {
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("disk on fire");
          }
        };
    assertThatThrownBy(() -> ModelSpec.read("model.json", broken))
        .isInstanceOf(IOException.class)
        .hasMessage("disk on fire");
    assertThatThrownBy(() -> ModelSpec.read("empty.json", new ByteArrayInputStream(new byte[0])))
        .isInstanceOf(UnusableModelException.class);
  }
}
