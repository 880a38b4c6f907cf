package org.samplegrad.core.backend.cpu;

import org.bytedeco.javacpp.FloatPointer;

/**
 * The elements of one or several tensors, in a Java array, in native memory, or both: loops want
 * the one, matrix products the other, and each is made from the other when it is asked for. The
 * elements never change once another one than its maker has seen them.
 */
final class Storage {
  private final Memory memory;
  private final int size;
  private float[] array;
  private FloatPointer pointer;
  private boolean freed;

  private Storage(Memory memory, int size) {
    this.memory = memory;
    this.size = size;
  }

  /** Elements still to be written, in a Java array. */
  static Storage inArray(Memory memory, int size) {
    Storage storage = new Storage(memory, size);
    storage.array = memory.takeArray(size);
    return storage;
  }

  /** Elements still to be written, in native memory. */
  static Storage inNativeMemory(Memory memory, int size) {
    Storage storage = new Storage(memory, size);
    storage.pointer = memory.takePointer(size);
    return storage;
  }

  int size() {
    return size;
  }

  /**
   * The elements from index 0 on; the array may be longer. A pointer that {@link #pointer} gave
   * before must not be used any more.
   */
  float[] array() {
    requireAlive();
    if (array == null) {
      array = memory.takeArray(size);
      pointer.get(array, 0, size);
      // What was a product is seldom a factor again, and large products fill the memory.
      memory.giveBack(pointer);
      pointer = null;
    }
    return array;
  }

  /** The elements from position 0 on; there may be more. */
  FloatPointer pointer() {
    requireAlive();
    if (pointer == null) {
      pointer = memory.takePointer(size);
      pointer.put(array, 0, size);
    }
    return pointer;
  }

  /** Copies elements from native memory, without making an array of all of them. */
  void read(int first, float[] target, int length) {
    requireAlive();
    pointer.position(first).get(target, 0, length);
    pointer.position(0);
  }

  boolean isInArray() {
    return array != null;
  }

  private void requireAlive() {
    if (freed) {
      throw new IllegalStateException("The scope of this tensor has closed");
    }
  }

  /** Gives the memory back for others to use. */
  void free() {
    if (array != null) {
      memory.giveBack(array);
    }
    if (pointer != null) {
      memory.giveBack(pointer);
    }
    array = null;
    pointer = null;
    freed = true;
  }
}
