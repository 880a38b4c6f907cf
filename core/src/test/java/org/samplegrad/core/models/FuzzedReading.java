package org.samplegrad.core.models;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;

/** What must hold of a reader of untrusted files, whatever the bytes are. */
public final class FuzzedReading {
  private static final ThreadMXBean MEMORY = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Buffers of a fixed size, messages, and what instrumented classes record. */
  private static final long ALLOWED = 64L << 20;

  private static final long ALLOWED_PER_BYTE = 256;

  private FuzzedReading() {}

  /** A reader under test. */
  @FunctionalInterface
  public interface Reader {
    void read(byte[] bytes) throws IOException;
  }

  /**
   * Asserts that reading ends in a model or in an {@link UnusableModelException} with a message,
   * and that it does not allocate more than a multiple of the file.
   */
  public static void check(byte[] bytes, Reader reader) throws IOException {
    long allowed = ALLOWED + ALLOWED_PER_BYTE * bytes.length;
    long allocated = allocated(bytes, reader);
    if (allocated > allowed) {
      allocated = allocated(bytes, reader); // the first time classes were loaded, too
    }
    assertThat(allocated)
        .as("bytes allocated for a file of %d", bytes.length)
        .isLessThanOrEqualTo(allowed);
  }

  private static long allocated(byte[] bytes, Reader reader) throws IOException {
    long before = MEMORY.getCurrentThreadAllocatedBytes();
    try {
      reader.read(bytes);
    } catch (UnusableModelException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
    return MEMORY.getCurrentThreadAllocatedBytes() - before;
  }
}
