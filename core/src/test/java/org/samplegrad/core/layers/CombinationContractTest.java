package org.samplegrad.core.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.NaiveArray;
import org.samplegrad.core.backend.NaiveArrays;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.SecondOrderCheck;

/** What every combination must do. */
class CombinationContractTest {
  static final List<CombinationCase> CASES = CombinationCase.all();

  private static final double ROUNDING = 1e-12;
  private static final int SAMPLES = 3;

  private final Random random = new Random(13);
  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open(Backends.AUTO, Precision.FLOAT64);
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private NaiveArray forward(CombinationCase given, List<NaiveArray> inputs) {
    List<Variable> values =
        inputs.stream().map(array -> Variable.constant(array.on(backend))).toList();
    Variable output = given.combination().forward(values);
    return new NaiveArray(output.shape(), backend.toDoubles(output.value()));
  }

  @Test
  void everyCombinationOfThePackageHasACase() {
    var combinations =
        new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackagesOf(Combination.class)
                .stream()
                .filter(type -> type.isAssignableTo(Combination.class) && !type.isInterface())
                .map(JavaClass::getName)
                .collect(Collectors.toSet());

    assertThat(CASES.stream().map(given -> given.combination().getClass().getName()).distinct())
        .containsExactlyInAnyOrderElementsOf(combinations);
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void aBlockIsALoopOverItsSamples(CombinationCase given) {
    List<NaiveArray> blocks = given.blocks(random, SAMPLES);

    NaiveArray output = forward(given, blocks);

    assertThat(output.shape())
        .isEqualTo(given.combination().outputShape(given.inputShapes()).prepend(SAMPLES));
    for (int n = 0; n < SAMPLES; n++) {
      int sample = n;
      List<NaiveArray> ofSample = blocks.stream().map(block -> block.sample(sample)).toList();
      assertThat(forward(given, ofSample).values())
          .containsExactly(output.sample(n).values(), within(ROUNDING));
    }
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void anInputMayBeTheSameForEverySample(CombinationCase given) {
    List<NaiveArray> blocks = given.blocks(random, SAMPLES);
    for (int i = 0; i < blocks.size(); i++) {
      List<NaiveArray> one = new ArrayList<>(blocks);
      List<NaiveArray> repeated = new ArrayList<>(blocks);
      one.set(i, blocks.get(i).sample(0));
      repeated.set(i, NaiveArrays.broadcastTo(blocks.get(i).sample(0), blocks.get(i).shape()));
      if (blocks.size() > 1) {
        NaiveArray expected = forward(given, repeated);
        assertThat(forward(given, one).shape()).isEqualTo(expected.shape());
        assertThat(forward(given, one).values())
            .containsExactly(expected.values(), within(ROUNDING));
      }
    }
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void theDerivativesAreRightToTheSecondOrder(CombinationCase given) {
    List<NaiveArray> inputs = given.blocks(random, 2);
    int first = given.firstDifferentiated();
    if (first == inputs.size()) {
      List<Variable> leaves =
          inputs.stream().map(array -> Variable.leaf(array.on(backend))).toList();
      assertThat(given.combination().forward(leaves).isRecorded()).isFalse();
      return;
    }
    SecondOrderCheck.check(
        inputs.subList(first, inputs.size()),
        variables -> {
          List<Variable> all = new ArrayList<>();
          Backend own = variables.get(0).backend();
          inputs.subList(0, first).forEach(array -> all.add(Variable.leaf(array.on(own))));
          all.addAll(variables);
          return given.combination().forward(all);
        });
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void refusesInputsThatDoNotFit(CombinationCase given) {
    for (List<Shape> misfit : given.misfits()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> given.combination().outputShape(misfit));
    }
  }
}
