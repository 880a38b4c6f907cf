package org.samplegrad.core.backend.nd4j;

/**
 * The GPUs that the nd4j-cuda 1.0.0-M2.1 build holds machine code for. It carries no PTX that a
 * driver could translate for others, so on another GPU every kernel would fail at its launch.
 */
final class CudaCapability {
  private static final int OLDEST = 37;
  private static final int NEWEST = 86;

  private CudaCapability() {}

  /** What to tell the user of this GPU, or null if it can be used. */
  static String problem(String device, int major, int minor) {
    int capability = 10 * major + minor;
    if (OLDEST <= capability && capability <= NEWEST) {
      return null;
    }
    return ("The GPU '%s' has compute capability %d.%d; this build of nd4j-cuda (1.0.0-M2.1) carries"
            + " machine code for 3.7 to 8.6 only. Choose --backend cpu, build without the profile 'cuda',"
            + " or use a GPU of a supported generation")
        .formatted(device, major, minor);
  }
}
