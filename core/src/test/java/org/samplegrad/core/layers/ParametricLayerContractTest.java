package org.samplegrad.core.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Shapes.sumAll;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.NaiveArray;
import org.samplegrad.core.backend.NaiveArrays;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.SampleSums;
import org.samplegrad.core.ops.Elementwise;
import org.samplegrad.core.ops.SecondOrderCheck;
import org.samplegrad.core.persample.PerSampleGradient;

/** The per-sample gradients of every layer with parameters, against one sample at a time. */
@ParameterizedClass
@FieldSource("CASES")
class ParametricLayerContractTest {
  static final List<LayerCase> CASES =
      LayerCase.all().stream().filter(c -> !c.layer().parameters().isEmpty()).toList();

  private static final double ROUNDING = 1e-11;
  private static final int SAMPLES = 3;

  private final LayerCase layer;
  private final Random random = new Random(13);
  private final List<NaiveArray> parameters;
  private final NaiveArray block;
  private final NaiveArray outputGradient;
  private Backend backend;
  private List<PerSampleGradient> structures;

  /** {@code [n, ...shape]} for each parameter. */
  private List<NaiveArray> individual;

  ParametricLayerContractTest(LayerCase layer) {
    this.layer = layer;
    this.parameters = layer.parameters(random);
    this.block = layer.block(random, SAMPLES);
    this.outputGradient = NaiveArray.random(random, layer.outputShape(SAMPLES).extents());
  }

  @BeforeEach
  void evaluate() {
    backend = Backends.open(Backends.AUTO, Precision.FLOAT64);
    structures =
        ((ParametricLayer) layer.layer())
            .perSampleGradients(constant(block), constant(outputGradient));
    individual =
        parameters.stream()
            .map(parameter -> NaiveArray.zeros(parameter.shape().prepend(SAMPLES)))
            .toList();
    for (int n = 0; n < SAMPLES; n++) {
      List<NaiveArray> ofSample = gradient(block.sample(n), outputGradient.sample(n));
      for (int i = 0; i < parameters.size(); i++) {
        double[] values = ofSample.get(i).values();
        System.arraycopy(values, 0, individual.get(i).values(), n * values.length, values.length);
      }
    }
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private Variable constant(NaiveArray array) {
    return Variable.constant(array.on(backend));
  }

  private NaiveArray read(Variable variable) {
    return new NaiveArray(variable.shape(), backend.toDoubles(variable.value()));
  }

  /** The gradient of {@code <weights, output>} by plain differentiation. */
  private List<NaiveArray> gradient(NaiveArray input, NaiveArray weights) {
    List<Variable> leaves =
        parameters.stream().map(array -> Variable.leaf(array.on(backend))).toList();
    Variable output = layer.layer().forward(leaves, constant(input));
    Variable scalar = sumAll(multiply(output, constant(weights)));
    return Gradients.constantsOf(scalar, leaves).stream().map(this::read).toList();
  }

  private static void assertEqual(NaiveArray found, NaiveArray expected) {
    assertThat(found.shape()).isEqualTo(expected.shape());
    assertThat(found.values()).containsExactly(expected.values(), within(magnitude(expected)));
  }

  private static double magnitude(NaiveArray expected) {
    double largest = 0;
    for (double value : expected.values()) {
      largest = Math.max(largest, Math.abs(value));
    }
    return ROUNDING * largest;
  }

  /** Over the samples: {@code [n, ...shape] -> shape}. */
  private static NaiveArray sumOverSamples(NaiveArray x) {
    return new NaiveArray(x.shape().dropFirst(), NaiveArrays.sum(x, 0).values());
  }

  private static NaiveArray squared(NaiveArray x) {
    return NaiveArrays.map(x, value -> value * value);
  }

  private static double dot(NaiveArray a, NaiveArray b) {
    return NaiveArrays.sum(NaiveArrays.combine(a, b, (x, y) -> x * y).reshape(a.shape().size()), 0)
        .values()[0];
  }

  @Test
  void thereIsOneStructureForEachParameter() {
    assertThat(structures).hasSameSizeAs(layer.layer().parameters());
    for (int i = 0; i < structures.size(); i++) {
      assertThat(structures.get(i).shape()).isEqualTo(layer.layer().parameters().get(i).shape());
      assertThat(structures.get(i).samples()).isEqualTo(SAMPLES);
    }
  }

  @Test
  void expandIsTheGradientOfOneSampleAtATime() {
    for (int i = 0; i < structures.size(); i++) {
      assertEqual(read(structures.get(i).expand()), individual.get(i));
    }
  }

  @Test
  void sumIsTheGradientOfTheBlock() {
    List<NaiveArray> ofBlock = gradient(block, outputGradient);
    for (int i = 0; i < structures.size(); i++) {
      assertEqual(read(structures.get(i).sum()), ofBlock.get(i));
      assertEqual(read(structures.get(i).sum()), sumOverSamples(individual.get(i)));
    }
  }

  @Test
  void squaredSumIsTheSumOfSquares() {
    for (int i = 0; i < structures.size(); i++) {
      assertEqual(read(structures.get(i).squaredSum()), sumOverSamples(squared(individual.get(i))));
    }
  }

  @Test
  void squaredNormsAreThoseOfEachSample() {
    for (int i = 0; i < structures.size(); i++) {
      int elements = parameters.get(i).shape().size();
      NaiveArray squares = squared(individual.get(i)).reshape(SAMPLES, elements);
      assertEqual(
          read(structures.get(i).squaredNorms()), NaiveArrays.sum(squares, 1).reshape(SAMPLES));
    }
  }

  @Test
  void weightedSumsAreProductsWithTheSums() {
    for (int i = 0; i < structures.size(); i++) {
      NaiveArray weights = NaiveArray.random(random, parameters.get(i).shape().extents());
      double sum = dot(weights, sumOverSamples(individual.get(i)));
      double squaredSum = dot(weights, sumOverSamples(squared(individual.get(i))));

      assertThat(structures.get(i).weightedSum(constant(weights)).item())
          .isCloseTo(sum, within(ROUNDING * SAMPLES * Math.max(1, Math.abs(sum))));
      assertThat(structures.get(i).weightedSquaredSum(constant(weights)).item())
          .isCloseTo(squaredSum, within(ROUNDING * SAMPLES * Math.max(1, Math.abs(squaredSum))));
    }
  }

  @Test
  void sumsTakenTogetherAreThoseTakenAlone() {
    for (PerSampleGradient structure : structures) {
      SampleSums sums = structure.sampleSums();
      SampleSums norms = structure.sampleNormSums();
      assertEqual(Variable.constant(sums.sum()), structure.sum());
      assertEqual(Variable.constant(sums.squaredSum()), structure.squaredSum());
      assertEqual(Variable.constant(norms.sum()), structure.sum());
      assertEqual(Variable.constant(norms.squaredSum()), sumAll(structure.squaredNorms()));
    }
  }

  /** What {@code seeds} gives by formulas is the derivative of the scalar that defines it. */
  @Test
  void seedsAreTheDerivativesOfTheWeightedSums() {
    ParametricLayer parametric = (ParametricLayer) layer.layer();
    List<Variable> leaves =
        List.of(Variable.leaf(block.on(backend)), Variable.leaf(outputGradient.on(backend)));
    for (PerSampleGradient structure :
        parametric.perSampleGradients(leaves.get(0), leaves.get(1))) {
      Variable first = fixedWeights(structure.sum());
      for (Variable second : List.of(first, fixedWeights(sumAll(first)))) {
        Variable defined = add(structure.weightedSum(first), structure.weightedSquaredSum(second));
        List<Variable> found = Gradients.pullBack(structure.seeds(first, second), leaves);
        List<Variable> expected = Gradients.constantsOf(defined, leaves);
        for (int i = 0; i < leaves.size(); i++) {
          assertEqual(found.get(i), expected.get(i));
        }
      }
    }
  }

  private void assertEqual(Variable found, Variable expected) {
    assertEqual(read(found), read(expected));
  }

  /** A reduction of per-sample gradients that a functional may be built from. */
  enum Reduction {
    SUM {
      @Override
      Variable of(PerSampleGradient gradient, Variable weights) {
        return gradient.sum();
      }
    },
    SQUARED_SUM {
      @Override
      Variable of(PerSampleGradient gradient, Variable weights) {
        return gradient.squaredSum();
      }
    },
    SQUARED_NORMS {
      @Override
      Variable of(PerSampleGradient gradient, Variable weights) {
        return gradient.squaredNorms();
      }
    },
    EXPANDED {
      @Override
      Variable of(PerSampleGradient gradient, Variable weights) {
        return gradient.expand();
      }
    },
    WEIGHTED {
      @Override
      Variable of(PerSampleGradient gradient, Variable weights) {
        return add(gradient.weightedSum(weights), gradient.weightedSquaredSum(weights));
      }
    };

    abstract Variable of(PerSampleGradient gradient, Variable weights);
  }

  @ParameterizedTest
  @EnumSource
  void everyReductionIsDifferentiableTwice(Reduction reduction) {
    ParametricLayer parametric = (ParametricLayer) layer.layer();

    // The gradient of a bias alone does not depend on the input.
    boolean dependsOnInput = !(parametric instanceof ChannelBias);

    SecondOrderCheck.check(
        dependsOnInput ? List.of(block, outputGradient) : List.of(outputGradient),
        x ->
            parametric
                .perSampleGradients(
                    dependsOnInput ? x.get(0) : constant(block), x.get(x.size() - 1))
                .stream()
                .map(gradient -> reduction.of(gradient, fixedWeights(gradient.sum())))
                .map(reduced -> sumAll(multiply(reduced, fixedWeights(reduced))))
                .reduce(Elementwise::add)
                .orElseThrow());
  }

  /** The same random constants each time the function is evaluated. */
  private static Variable fixedWeights(Variable like) {
    NaiveArray weights = NaiveArray.positive(new Random(19), like.shape().extents());
    return Variable.constant(weights.on(like.backend()));
  }
}
