package org.samplegrad.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;

class VectorKernelsTest {

  /** Otherwise no other test would look at what depends on them. */
  @Test
  void areThereInTheTests() {
    assertThat(VectorKernels.find()).isPresent();
    assertThat(new CpuBackendProvider().advice()).isEmpty();
  }

  @Test
  void aProgramWithoutThemIsAdvisedOfThem() {
    assertThat(new CpuBackendProvider(Optional.empty()).advice())
        .hasValueSatisfying(
            advice -> assertThat(advice).contains("--add-modules=jdk.incubator.vector"));
  }
}
