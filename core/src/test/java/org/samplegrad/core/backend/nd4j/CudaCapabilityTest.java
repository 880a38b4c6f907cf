package org.samplegrad.core.backend.nd4j;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaCapabilityTest {

  @ParameterizedTest
  @CsvSource({"3, 7", "5, 0", "7, 5", "8, 0", "8, 6"})
  void acceptsTheGenerationsTheBuildHoldsCodeFor(int major, int minor) {
    assertThat(CudaCapability.problem("a GPU", major, minor)).isNull();
  }

  @ParameterizedTest
  @CsvSource({"2, 1", "3, 5", "8, 9", "9, 0", "10, 0", "12, 0"})
  void refusesOthersBeforeAnyKernelIsLaunched(int major, int minor) {
    assertThat(CudaCapability.problem("NVIDIA H100", major, minor))
        .contains("'NVIDIA H100'", major + "." + minor, "3.7 to 8.6");
  }
}
