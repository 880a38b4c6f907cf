package org.samplegrad.core.backend.cpu;

import org.bytedeco.javacpp.FloatPointer;

/** The unfolded windows of one sample, in a Java array and in native memory. */
final class Columns implements AutoCloseable {
  private final Memory memory;
  private final int size;
  private final float[] array;
  private final FloatPointer pointer;

  Columns(Memory memory, int size) {
    this.memory = memory;
    this.size = size;
    this.array = memory.takeArray(size);
    this.pointer = memory.takePointer(size);
  }

  FloatPointer pointer() {
    return pointer;
  }

  /** Fills the native memory from an image. */
  void unfold(Unfolding unfolding, float[] images, int first, int channels) {
    unfolding.unfold(images, first, channels, array, 0);
    pointer.put(array, 0, size);
  }

  /** Adds the native memory to an image. */
  void fold(Unfolding unfolding, float[] images, int first, int channels) {
    pointer.get(array, 0, size);
    unfolding.fold(array, 0, channels, images, first);
  }

  /** The native memory's elements in the Java array. */
  float[] read() {
    pointer.get(array, 0, size);
    return array;
  }

  /** Puts the Java array's elements into the native memory. */
  void write() {
    pointer.put(array, 0, size);
  }

  @Override
  public void close() {
    memory.giveBack(array);
    memory.giveBack(pointer);
  }
}
