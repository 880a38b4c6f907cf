package org.samplegrad.core.backend.cpu;

import com.google.auto.service.AutoService;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.BackendException;
import org.samplegrad.core.backend.BackendProvider;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.Memory;
import org.samplegrad.core.backend.cpu.products.Products;

/** Opens {@link CpuBackend}s after checking, once, that OpenBLAS loads on this machine. */
@AutoService(BackendProvider.class)
public final class CpuBackendProvider implements BackendProvider {
  static final String NAME = "cpu";

  private static final String WITHOUT_VECTORS =
      "the backend 'cpu' runs without Java's vector instructions, which make convolutions and small"
          + " layers two to three times faster; give every JVM --add-modules=jdk.incubator.vector"
          + " (spark-submit: --driver-java-options and --conf spark.executor.extraJavaOptions)";

  private final VectorKernels kernels;

  public CpuBackendProvider() {
    this(VectorKernels.find());
  }

  CpuBackendProvider(VectorKernels kernels) {
    this.kernels = kernels;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Set<Precision> precisions() {
    return EnumSet.of(Precision.FLOAT32);
  }

  @Override
  public int preference() {
    return 1;
  }

  @Override
  public boolean worksSampleBySample() {
    return true;
  }

  @Override
  public Optional<String> advice() {
    return kernels.areVectors() ? Optional.empty() : Optional.of(WITHOUT_VECTORS);
  }

  @Override
  public Backend open(Precision precision) {
    if (Library.PROBLEM != null) {
      throw new BackendException(Library.PROBLEM);
    }
    return new CpuBackend(Memory.borrow(), kernels);
  }

  /** Loads the native library at the first use, and only then. */
  private static final class Library {
    static final String PROBLEM = load();

    private static String load() {
      try {
        Products.computeWithOneThread();
        return null;
      } catch (LinkageError | RuntimeException e) {
        return "The backend 'cpu' cannot start on this machine (%s). Package the natives of this platform with -Dnatives.platform=%s-%s"
            .formatted(e, System.getProperty("os.name"), System.getProperty("os.arch"));
      }
    }
  }
}
