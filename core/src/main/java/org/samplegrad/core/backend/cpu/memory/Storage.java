package org.samplegrad.core.backend.cpu.memory;

import org.bytedeco.javacpp.FloatPointer;

/**
 * The elements of one or several tensors, in a Java array, in native memory, or both: loops want
 * the one, matrix products the other, and each is made from the other when it is asked for. Those
 * of a convolution may still have to be computed, and of others only some are not 0. The elements
 * never change once another one than its maker has seen them.
 */
public final class Storage {
  private final Memory memory;
  private final int size;
  private float[] array;

  /** Computes the elements into the array, or null. */
  private Deferred.ToArray toArray;

  /** Computes the elements into native memory, or null. */
  private Deferred.ToNativeMemory toNativeMemory;

  /** The elements that are not 0, or null if that is not known. */
  private SparseElements sparse;

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

  /** Elements that are computed when they are first asked for. */
  static Storage deferred(Memory memory, int size, Deferred elements) {
    Storage storage = new Storage(memory, size);
    if (elements instanceof Deferred.ToArray toArray) {
      storage.toArray = toArray;
    } else {
      storage.toNativeMemory = (Deferred.ToNativeMemory) elements;
    }
    return storage;
  }

  /** Elements still to be written, at the positions of a support. */
  static Storage sparse(Memory memory, int size, Support support) {
    Storage storage = new Storage(memory, size);
    float[] values = support.takeValues(memory);
    storage.sparse = new SparseElements(support, values, size / support.images());
    return storage;
  }

  /** The elements that are not 0; null if that is not known. */
  SparseElements sparse() {
    requireAlive();
    return sparse;
  }

  /** What will compute the elements; null where they are here. */
  public Deferred deferred() {
    requireAlive();
    return toArray != null ? toArray : toNativeMemory;
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
  public float[] array() {
    requireAlive();
    if (toArray != null) {
      array = memory.takeArray(size);
      toArray.write(array);
      toArray = null;
    } else if (array == null && sparse != null) {
      array = memory.takeArray(size);
      sparse.write(array);
    } else if (array == null) {
      array = memory.takeArray(size);
      pointer().get(array, 0, size);
      // What was a product is seldom a factor again, and large products fill the memory.
      memory.giveBack(pointer);
      pointer = null;
    }
    return array;
  }

  /** The elements from position 0 on; there may be more. */
  FloatPointer pointer() {
    requireAlive();
    if (toNativeMemory != null) {
      pointer = memory.takePointer(size);
      toNativeMemory.write(pointer);
      toNativeMemory = null;
    } else if (pointer == null) {
      float[] elements = array();
      pointer = memory.takePointer(size);
      pointer.put(elements, 0, size);
    }
    return pointer;
  }

  /** Copies elements from native memory, without making an array of all of them. */
  public void read(int first, float[] target, int length) {
    pointer().position(first).get(target, 0, length);
    pointer.position(0);
  }

  public boolean isInArray() {
    return array != null || toArray != null || sparse != null;
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
    if (sparse != null) {
      memory.giveBack(sparse.values());
    }
    sparse = null;
    array = null;
    pointer = null;
    toArray = null;
    toNativeMemory = null;
    freed = true;
  }
}
