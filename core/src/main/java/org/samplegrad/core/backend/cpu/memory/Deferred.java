package org.samplegrad.core.backend.cpu.memory;

import org.bytedeco.javacpp.FloatPointer;

/** Elements that are computed when they are first asked for. */
public sealed interface Deferred {

  /** Computed into a Java array. */
  non-sealed interface ToArray extends Deferred {
    /**
     * @param y of any contents
     */
    void write(float[] y);
  }

  /** Computed into native memory. */
  non-sealed interface ToNativeMemory extends Deferred {
    /**
     * @param y of any contents
     */
    void write(FloatPointer y);
  }
}
