package org.samplegrad.core.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.samplegrad.core.ConcreteTypes;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.NaiveArray;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.SecondOrderCheck;

/** What every layer must do, whether it has parameters or not. */
class LayerContractTest {
  static final List<LayerCase> CASES = LayerCase.all();

  private static final double ROUNDING = 1e-12;
  private static final int SAMPLES = 3;

  private final Random random = new Random(11);
  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open(Backends.AUTO, Precision.FLOAT64);
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private NaiveArray forward(LayerCase layer, List<NaiveArray> parameters, NaiveArray input) {
    List<Variable> values =
        parameters.stream().map(array -> Variable.constant(array.on(backend))).toList();
    Variable output = layer.layer().forward(values, Variable.constant(input.on(backend)));
    return new NaiveArray(output.shape(), backend.toDoubles(output.value()));
  }

  @Test
  void everyLayerOfThePackageHasACase() {
    assertThat(CASES.stream().map(layer -> layer.layer().getClass().getName()).distinct())
        .containsExactlyInAnyOrderElementsOf(ConcreteTypes.of(Layer.class));
  }

  @Test
  void everyNameOfModelFilesHasACase() {
    assertThat(CASES.stream().map(LayerCase::name).filter(name -> !name.isEmpty()).distinct())
        .containsExactlyInAnyOrderElementsOf(LayerKind.names());
  }

  @Test
  void everyLayerHasANameOrIsPartOfOneThatHas() {
    assertThat(
            CASES.stream()
                .filter(layer -> !layer.name().isEmpty())
                .flatMap(layer -> Stream.concat(Stream.of(layer.layer()), parts(layer.layer())))
                .map(layer -> layer.getClass().getName())
                .distinct())
        .containsExactlyInAnyOrderElementsOf(ConcreteTypes.of(Layer.class));
  }

  private static Stream<Layer> parts(Layer layer) {
    return layer.parts().stream();
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void thePartsDoTheSameOneAfterTheOther(LayerCase layer) {
    List<NaiveArray> parameters = layer.parameters(random);
    NaiveArray block = layer.block(random, SAMPLES);
    Variable value = Variable.constant(block.on(backend));
    List<ParameterSpec> specs = new ArrayList<>();
    for (Layer part : layer.layer().parts()) {
      int first = specs.size();
      specs.addAll(part.parameters());
      List<Variable> own =
          parameters.subList(first, specs.size()).stream()
              .map(array -> Variable.constant(array.on(backend)))
              .toList();
      value = part.forward(own, value);
    }

    assertThat(specs).isEqualTo(layer.layer().parameters());
    assertThat(backend.toDoubles(value.value()))
        .containsExactly(forward(layer, parameters, block).values(), within(ROUNDING));
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void aBlockIsALoopOverItsSamples(LayerCase layer) {
    List<NaiveArray> parameters = layer.parameters(random);
    NaiveArray block = layer.block(random, SAMPLES);

    NaiveArray output = forward(layer, parameters, block);

    for (int n = 0; n < SAMPLES; n++) {
      assertThat(forward(layer, parameters, block.sample(n)).values())
          .containsExactly(output.sample(n).values(), within(ROUNDING));
    }
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void theOutputHasTheShapeAnnounced(LayerCase layer) {
    NaiveArray output = forward(layer, layer.parameters(random), layer.block(random, SAMPLES));

    assertThat(output.shape()).isEqualTo(layer.outputShape(SAMPLES));
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void theDerivativesAreRightToTheSecondOrder(LayerCase layer) {
    List<NaiveArray> inputs = new ArrayList<>(layer.parameters(random));
    inputs.add(layer.block(random, 2));

    SecondOrderCheck.check(
        inputs,
        values -> {
          int last = values.size() - 1;
          return layer.layer().forward(values.subList(0, last), values.get(last));
        });
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void refusesAnInputThatDoesNotFitAndNamesItsShape(LayerCase layer) {
    for (Shape misfit : layer.misfits()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> layer.layer().outputShape(misfit))
          .withMessageContaining(misfit.toString());
    }
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void travelsToExecutorsUnchanged(LayerCase layer) throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(layer.layer());
    }

    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(in.readObject()).isEqualTo(layer.layer());
    }
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void aLayerWithParametersKnowsTheirGradients(LayerCase layer) {
    assertThat(layer.layer() instanceof ParametricLayer || layer.layer().parameters().isEmpty())
        .isTrue();
  }
}
