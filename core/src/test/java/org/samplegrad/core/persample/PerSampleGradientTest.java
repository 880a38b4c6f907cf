package org.samplegrad.core.persample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.SampleSums;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Elementwise;
import org.samplegrad.core.ops.Shapes;

/** Every structure and every quantity against loops over the individual gradients. */
class PerSampleGradientTest {
  private static final Backend BACKEND = Backends.open(Backends.AUTO, Precision.FLOAT64);
  private static final double TOLERANCE = 1e-12;

  @AfterAll
  static void close() {
    BACKEND.close();
  }

  static List<StructureCase> structures() {
    return StructureCase.all(BACKEND);
  }

  @Test
  void everyStructureHasACase() {
    Set<Class<?>> implementations =
        new ClassFileImporter()
            .importPackagesOf(PerSampleGradient.class).stream()
                .filter(c -> c.isAssignableTo(PerSampleGradient.class) && !c.isInterface())
                .map(JavaClass::reflect)
                .collect(Collectors.toSet());
    Set<Class<?>> covered =
        structures().stream().map(c -> c.structure().getClass()).collect(Collectors.toSet());
    assertThat(implementations).isNotEmpty().isEqualTo(covered);
  }

  private static void assertValues(Variable found, Shape shape, double[] expected) {
    assertThat(found.shape()).isEqualTo(shape);
    assertThat(BACKEND.toDoubles(found.value())).containsExactly(expected, within(TOLERANCE));
  }

  @ParameterizedTest
  @MethodSource("structures")
  void reductionsAreThoseOfTheIndividualGradients(StructureCase expected) {
    PerSampleGradient found = expected.structure();
    assertThat(found.samples()).isEqualTo(expected.samples());
    assertThat(found.shape().size()).isEqualTo(expected.size());
    assertValues(found.sum(), found.shape(), expected.sum());
    assertValues(found.squaredSum(), found.shape(), expected.squaredSum());
    assertValues(found.squaredNorms(), Shape.of(expected.samples()), expected.squaredNorms());
    assertValues(found.expand(), found.shape().prepend(expected.samples()), expected.expanded());
  }

  @ParameterizedTest
  @MethodSource("structures")
  void weightedSumsAreScalarProducts(StructureCase expected) {
    PerSampleGradient found = expected.structure();
    double[] weights = StructureCase.random(expected.size());
    Variable tensor = Variable.constant(BACKEND.tensor(found.shape(), weights));
    double[] first = {scalarProduct(weights, expected.sum())};
    double[] second = {scalarProduct(weights, expected.squaredSum())};
    assertValues(found.weightedSum(tensor), Shape.scalar(), first);
    assertValues(found.weightedSquaredSum(tensor), Shape.scalar(), second);
  }

  @ParameterizedTest
  @MethodSource("structures")
  void sumsTakenTogetherAreThoseTakenAlone(StructureCase expected) {
    PerSampleGradient found = expected.structure();
    SampleSums sums = found.sampleSums();
    SampleSums norms = found.sampleNormSums();
    assertValues(Variable.constant(sums.sum()), found.shape(), expected.sum());
    assertValues(Variable.constant(sums.squaredSum()), found.shape(), expected.squaredSum());
    assertValues(Variable.constant(norms.sum()), found.shape(), expected.sum());
    assertValues(
        Variable.constant(norms.squaredSum()),
        Shape.scalar(),
        new double[] {Arrays.stream(expected.squaredSum()).sum()});
  }

  /** What {@code seeds} gives by formulas is the derivative of the scalar that defines it. */
  @ParameterizedTest
  @MethodSource("structures")
  void seedsAreTheDerivativesOfTheWeightedSums(StructureCase expected) {
    PerSampleGradient structure = expected.structure();
    List<Variable> leaves = leaves(structure);
    Variable first = weights(structure, expected.size());
    for (Variable second : List.of(weights(structure, expected.size() + 1), scalar(0.75))) {
      Variable defined =
          Elementwise.add(structure.weightedSum(first), structure.weightedSquaredSum(second));
      List<Variable> found = Gradients.pullBack(structure.seeds(first, second), leaves);
      List<Variable> gradients = gradients(defined, leaves);
      for (int i = 0; i < leaves.size(); i++) {
        double[] reference = BACKEND.toDoubles(gradients.get(i).value());
        assertValues(found.get(i), leaves.get(i).shape(), reference);
      }
    }
  }

  private static Variable weights(PerSampleGradient structure, int seed) {
    double[] values = new Random(seed).doubles(structure.shape().size(), -1, 1).toArray();
    return Variable.constant(BACKEND.tensor(structure.shape(), values));
  }

  private static Variable scalar(double value) {
    return Variable.constant(BACKEND.fill(Shape.scalar(), value));
  }

  @Test
  void outerProductsOfOneGroupStayFactoredInASum() {
    List<StructureCase> sums =
        structures().stream()
            .filter(c -> c.name().contains(" plus "))
            .filter(c -> !c.name().contains("dense") && !c.name().contains("two groups"))
            .toList();

    assertThat(sums).hasSize(5).allMatch(c -> c.structure() instanceof SummedOuterProductGradient);
  }

  private static double scalarProduct(double[] a, double[] b) {
    double sum = 0;
    for (int j = 0; j < a.length; j++) {
      sum += a[j] * b[j];
    }
    return sum;
  }

  @ParameterizedTest
  @EnumSource
  void quantityOfEveryStructureIsTheFormulaOfTheIndividualGradients(Quantity quantity) {
    for (StructureCase expected : structures()) {
      Shape shape =
          switch (quantity) {
            case GRADIENT, SUM_GRAD_SQUARED, VARIANCE -> expected.structure().shape();
            case BATCH_GRAD -> expected.structure().shape().prepend(expected.samples());
            case BATCH_L2_GRAD -> Shape.of(expected.samples());
          };
      double[] values =
          switch (quantity) {
            case GRADIENT -> expected.sum();
            case BATCH_GRAD -> expected.expanded();
            case BATCH_L2_GRAD -> expected.squaredNorms();
            case SUM_GRAD_SQUARED -> expected.squaredSum();
            case VARIANCE -> expected.variance();
          };
      assertValues(quantity.of(expected.structure()), shape, values);
    }
  }

  @Test
  void quantitiesAreNamedAsInBackPack() {
    assertThat(Quantity.values())
        .extracting(Quantity::toString)
        .containsExactly("grad", "BatchGrad", "BatchL2Grad", "SumGradSquared", "Variance");
  }

  /** {@code squaredNorms} takes a formula of its own; its derivative must be that of the others. */
  @ParameterizedTest
  @MethodSource("structures")
  void everyFormOfTheSummedSquaresHasTheSameGradient(StructureCase expected) {
    PerSampleGradient structure = expected.structure();
    Variable ones = Variable.constant(BACKEND.fill(structure.shape(), 1));
    List<Variable> leaves = leaves(structure);
    List<Variable> fromExpanded = gradients(total(Quantity.BATCH_GRAD, structure, true), leaves);
    List<List<Variable>> others =
        List.of(
            gradients(total(Quantity.BATCH_L2_GRAD, structure, false), leaves),
            gradients(total(Quantity.SUM_GRAD_SQUARED, structure, false), leaves),
            gradients(structure.weightedSquaredSum(ones), leaves));
    for (List<Variable> other : others) {
      for (int i = 0; i < leaves.size(); i++) {
        double[] reference = BACKEND.toDoubles(fromExpanded.get(i).value());
        assertValues(other.get(i), leaves.get(i).shape(), reference);
      }
    }
  }

  private static Variable total(Quantity quantity, PerSampleGradient structure, boolean squared) {
    Variable values = quantity.of(structure);
    return Shapes.sumAll(squared ? Elementwise.square(values) : values);
  }

  private static List<Variable> gradients(Variable scalar, List<Variable> leaves) {
    return Gradients.constantsOf(scalar, leaves);
  }

  private static List<Variable> leaves(PerSampleGradient structure) {
    if (structure instanceof DenseGradient dense) {
      return List.of(dense.gradients());
    }
    if (structure instanceof OuterProductGradient outer) {
      return List.of(outer.outputGradient(), outer.input());
    }
    if (structure instanceof ConvolutionGradient convolution) {
      return List.of(convolution.outputGradient(), convolution.input());
    }
    SummedOuterProductGradient summed = (SummedOuterProductGradient) structure;
    return List.of(summed.outputGradient(), summed.input());
  }
}
