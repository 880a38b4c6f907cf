package org.samplegrad.core.backend.nd4j;

import com.google.auto.service.AutoService;
import java.util.EnumSet;
import java.util.Set;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.factory.Nd4jBackend.NoAvailableBackendException;
import org.nd4j.nativeblas.NativeOps;
import org.nd4j.nativeblas.NativeOpsHolder;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.BackendException;
import org.samplegrad.core.backend.BackendProvider;
import org.samplegrad.core.backend.Precision;

/** Opens {@link Nd4jBackend}s after checking, once, that ND4J runs on this machine. */
@AutoService(BackendProvider.class)
public final class Nd4jBackendProvider implements BackendProvider {
  static final String NAME = "nd4j";

  /** On the class path if ND4J was packaged for a GPU. */
  private static final String CUDA = "/org/nd4j/linalg/jcublas/JCublasBackend.class";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Set<Precision> precisions() {
    return EnumSet.allOf(Precision.class);
  }

  /** Where ND4J computes on a GPU, it comes before the backends of the processor. */
  @Override
  public int preference() {
    return isForGpu() ? 2 : 0;
  }

  private static boolean isForGpu() {
    return Nd4jBackendProvider.class.getResource(CUDA) != null;
  }

  @Override
  public Backend open(Precision precision) {
    if (Library.PROBLEM != null) {
      throw new BackendException(Library.PROBLEM);
    }
    return new Nd4jBackend(precision);
  }

  /** Loads the native library at the first use, and only then. */
  private static final class Library {
    static final String PROBLEM = load();

    private static String load() {
      String unusable = isForGpu() ? CudaCapability.problemOfThisMachine() : null;
      if (unusable != null) {
        return unusable;
      }
      try {
        // Spark's tasks are the parallelism: one thread each.
        Nd4j.getEnvironment().setMaxThreads(1);
        Nd4j.getEnvironment().setMaxMasterThreads(1);
        Nd4j.factory().blas().setMaxThreads(1);
        Nd4j.getEnvironment().setVerbose(false);
        return unsupportedDevice(NativeOpsHolder.getInstance().getDeviceNativeOps());
      } catch (LinkageError | RuntimeException e) {
        String cause = rootCause(e).toString();
        if (rootCause(e) instanceof NoAvailableBackendException) {
          cause = "no native library for this platform is on the class path";
        }
        String advice =
            isForGpu()
                ? "It was packaged for a GPU and needs the libraries of CUDA 11.6; choose --backend cpu, or build without the profile 'cuda'"
                : "Package the natives of this platform with -Dnatives.platform=%s-%s"
                    .formatted(System.getProperty("os.name"), System.getProperty("os.arch"));
        return "The backend 'nd4j' cannot start on this machine (%s). %s".formatted(cause, advice);
      }
    }

    private static Throwable rootCause(Throwable e) {
      return e.getCause() == null ? e : rootCause(e.getCause());
    }

    /** What is wrong with the GPU that nd4j-cuda would use, or null on a CPU or a usable GPU. */
    private static String unsupportedDevice(NativeOps operations) {
      if (Nd4j.getEnvironment().isCPU()) {
        return null;
      }
      int device = operations.getDevice();
      return CudaCapability.problem(
          operations.getDeviceName(device),
          operations.getDeviceMajor(device),
          operations.getDeviceMinor(device));
    }
  }
}
