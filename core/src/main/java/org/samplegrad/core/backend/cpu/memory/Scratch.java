package org.samplegrad.core.backend.cpu.memory;

import org.bytedeco.javacpp.FloatPointer;

/** Working memory twice, as a Java array for loops and as native memory for products. */
public final class Scratch implements AutoCloseable {
  private final Memory memory;
  private final int size;
  private final float[] array;
  private FloatPointer pointer;

  public Scratch(Memory memory, int size) {
    this.memory = memory;
    this.size = size;
    this.array = memory.takeArray(size);
  }

  int size() {
    return size;
  }

  public float[] array() {
    return array;
  }

  /** Taken when it is first asked for. */
  public FloatPointer pointer() {
    if (pointer == null) {
      pointer = memory.takePointer(size);
    }
    return pointer;
  }

  /** Copies the native memory to the Java array. */
  public void read() {
    pointer().get(array, 0, size);
  }

  /** Copies the Java array to the native memory. */
  public void write() {
    pointer().put(array, 0, size);
  }

  @Override
  public void close() {
    memory.giveBack(array);
    if (pointer != null) {
      memory.giveBack(pointer);
    }
  }
}
