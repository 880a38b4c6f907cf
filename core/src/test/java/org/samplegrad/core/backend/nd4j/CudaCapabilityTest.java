package org.samplegrad.core.backend.nd4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
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

  @Test
  void refusesAMachineWithoutOneUsableGpu() {
    assertThat(CudaCapability.problemOf(List.of("NVIDIA H100 80GB HBM3, 9.0", "NVIDIA L4, 8.9")))
        .contains("'NVIDIA H100 80GB HBM3'", "9.0", "--backend cpu");
    assertThat(CudaCapability.problemOf(List.of("NVIDIA B200, 10.0"))).contains("10.0");
  }

  @Test
  void acceptsAMachineWithAUsableGpu() {
    assertThat(CudaCapability.problemOf(List.of("NVIDIA H100, 9.0", "NVIDIA A100-SXM4, 8.0")))
        .isNull();
  }

  @Test
  void leavesItToNd4jWhereTheDriverDoesNotTell() {
    assertThat(CudaCapability.problemOf(List.of())).isNull();
    assertThat(
            CudaCapability.problemOf(
                List.of("Field \"compute_cap\" is not a valid field to query.", "")))
        .isNull();
  }
}
