package org.samplegrad.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VectorKernelsTest {

  /** Otherwise no other test would look at what depends on them. */
  @Test
  void areThereInTheTests() {
    assertThat(VectorKernels.find()).isPresent();
  }
}
