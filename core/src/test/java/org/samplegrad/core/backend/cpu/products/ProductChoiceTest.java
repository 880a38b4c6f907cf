package org.samplegrad.core.backend.cpu.products;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.backend.cpu.kernels.ForcedWidth;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;

/** The ways that the products of the benchmarks' models take, and what lies at the limits. */
class ProductChoiceTest {
  private final ProductChoice byVectors = new ProductChoice(ForcedWidth.kernels(16));
  private final ProductChoice without = new ProductChoice(VectorKernels.plain(1));

  @ParameterizedTest
  @CsvSource({
    // model and layer, samples of a block, inputs, outputs, forward, weight's gradient
    "logistic 1, 996, 784, 10, TILED, TILED",
    "cnn 4, 237, 720, 10, TILED, TILED",
    "mlp 1, 1024, 784, 512, GENERAL, DEFERRED",
    "mlp 3, 1024, 512, 256, GENERAL, DEFERRED",
    "mlp 5, 1024, 256, 10, TILED, TILED",
    "2c2d 7, 65, 3136, 1024, GENERAL, DEFERRED",
    "2c2d 9, 65, 1024, 10, TILED, TILED",
    "3c3d 10, 42, 1152, 512, GENERAL, DEFERRED",
    "3c3d 12, 42, 512, 256, GENERAL, DEFERRED",
    "3c3d 14, 42, 256, 10, TILED, TILED",
  })
  void ofTheBenchmarksModels(
      String name, int samples, int inputs, int outputs, ProductWay forward, ProductWay gradient) {
    assertThat(byVectors.way(false, samples, inputs, outputs)).as(name).isEqualTo(forward);
    assertThat(byVectors.way(true, outputs, samples, inputs)).as(name).isEqualTo(gradient);
    assertThat(byVectors.sumsTogether(outputs, inputs)).isEqualTo(outputs == 10);
    boolean long10 = outputs == 10 && inputs <= 2048;
    assertThat(without.way(false, samples, inputs, outputs)).isEqualTo(ProductWay.GENERAL);
    assertThat(without.way(true, outputs, samples, inputs))
        .isEqualTo(long10 ? ProductWay.OUTER_PRODUCTS : ProductWay.DEFERRED);
    assertThat(without.sumsTogether(outputs, inputs)).isFalse();
  }

  @Test
  void tilesWantASmallestExtentOfFiveToSixteen() {
    assertThat(byVectors.way(false, 4, 100, 100)).isEqualTo(ProductWay.GENERAL);
    assertThat(byVectors.way(false, 5, 100, 100)).isEqualTo(ProductWay.TILED);
    assertThat(byVectors.way(false, 100, 16, 100)).isEqualTo(ProductWay.TILED);
    assertThat(byVectors.way(false, 100, 100, 17)).isEqualTo(ProductWay.GENERAL);
    assertThat(byVectors.sumsTogether(5, 16)).isTrue();
    assertThat(byVectors.sumsTogether(4, 16)).isFalse();
    assertThat(byVectors.sumsTogether(16, 15)).isFalse();
    assertThat(byVectors.sumsTogether(17, 16)).isFalse();
  }

  @Test
  void sumsOfRowsWantFewRowsThatTheCacheHolds() {
    assertThat(byVectors.way(true, 3, 50, 64)).isEqualTo(ProductWay.OUTER_PRODUCTS);
    assertThat(byVectors.way(true, 3, 50, 63)).isEqualTo(ProductWay.DEFERRED);
    assertThat(byVectors.way(true, 3, 50, 2048)).isEqualTo(ProductWay.OUTER_PRODUCTS);
    assertThat(byVectors.way(true, 3, 50, 2049)).isEqualTo(ProductWay.DEFERRED);
    assertThat(without.way(true, 16, 50, 100)).isEqualTo(ProductWay.OUTER_PRODUCTS);
    assertThat(without.way(true, 17, 50, 100)).isEqualTo(ProductWay.DEFERRED);
    assertThat(byVectors.way(false, 3, 50, 100)).isEqualTo(ProductWay.GENERAL);
  }
}
