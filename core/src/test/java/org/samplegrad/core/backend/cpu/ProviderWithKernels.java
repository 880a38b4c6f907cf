package org.samplegrad.core.backend.cpu;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.BackendProvider;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.cpu.kernels.ForcedWidth;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.Memory;

/** The backend cpu as it is in another program, or on another machine. */
public final class ProviderWithKernels implements BackendProvider {
  private final VectorKernels kernels;

  private ProviderWithKernels(VectorKernels kernels) {
    this.kernels = kernels;
  }

  /** Without Java's vectors, and with those of machines that have no wider ones. */
  public static Stream<BackendProvider> all() {
    return Stream.of(VectorKernels.plain(1), ForcedWidth.kernels(4), ForcedWidth.kernels(8))
        .map(ProviderWithKernels::new);
  }

  @Override
  public String name() {
    return CpuBackendProvider.NAME;
  }

  @Override
  public Set<Precision> precisions() {
    return EnumSet.of(Precision.FLOAT32);
  }

  @Override
  public int preference() {
    return 0;
  }

  @Override
  public Backend open(Precision precision) {
    return new CpuBackend(Memory.borrow(), kernels);
  }

  @Override
  public String toString() {
    return kernels.areVectors() ? "cpu with vectors of " + kernels.lanes() : "cpu without vectors";
  }
}
