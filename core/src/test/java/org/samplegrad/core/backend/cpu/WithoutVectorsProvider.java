package org.samplegrad.core.backend.cpu;

import java.util.EnumSet;
import java.util.Set;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.BackendProvider;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.Memory;

/** The backend cpu as it is in a program that was started without Java's vectors. */
public final class WithoutVectorsProvider implements BackendProvider {
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
    return new CpuBackend(Memory.borrow(), VectorKernels.plain(1));
  }
}
