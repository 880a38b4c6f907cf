package org.samplegrad.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;

class CpuBackendProviderTest {

  /** Otherwise no other test would look at what depends on them. */
  @Test
  void vectorsAreThereInTheTests() {
    assertThat(VectorKernels.find().areVectors()).isTrue();
    assertThat(new CpuBackendProvider().advice()).isEmpty();
  }

  @Test
  void aProgramWithoutThemIsAdvisedOfThem() {
    assertThat(new CpuBackendProvider(VectorKernels.plain(1)).advice())
        .hasValueSatisfying(
            advice -> assertThat(advice).contains("--add-modules=jdk.incubator.vector"));
  }
}
