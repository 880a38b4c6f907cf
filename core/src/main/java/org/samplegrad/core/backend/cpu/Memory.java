package org.samplegrad.core.backend.cpu;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Arrays that are used again and again, by one backend at a time: the blocks of a pass have equal
 * shapes, so after the first of them nothing is left to the garbage collector. What a closed
 * backend leaves waits here for the next one.
 */
final class Memory {
  /** Closed backends' memories that wait: one for each task that can run at once. */
  private static final int MOST_IDLE = Runtime.getRuntime().availableProcessors();

  private static final Queue<Memory> IDLE = new ConcurrentLinkedQueue<>();

  /** Lengths are rounded up to one of four steps per power of two, from here on. */
  private static final int SMALLEST = 16;

  private final Map<Integer, Deque<float[]>> arrays = new HashMap<>();
  private final Map<Integer, Deque<FloatPointer>> pointers = new HashMap<>();

  private Memory() {}

  static Memory borrow() {
    Memory idle = IDLE.poll();
    return idle == null ? new Memory() : idle;
  }

  /** Ends the use that {@link #borrow} began. */
  void release() {
    if (IDLE.size() < MOST_IDLE) {
      IDLE.add(this);
    } else {
      pointers.values().forEach(waiting -> waiting.forEach(FloatPointer::deallocate));
    }
  }

  /** An array of at least this length, with any contents. */
  float[] takeArray(int length) {
    int rounded = roundedUp(length);
    float[] waiting = arrays.computeIfAbsent(rounded, key -> new ArrayDeque<>()).poll();
    return waiting != null ? waiting : new float[rounded];
  }

  void giveBack(float[] array) {
    arrays.get(array.length).push(array);
  }

  FloatPointer takePointer(int length) {
    int rounded = roundedUp(length);
    FloatPointer waiting = pointers.computeIfAbsent(rounded, key -> new ArrayDeque<>()).poll();
    return waiting != null ? waiting : new FloatPointer((long) rounded);
  }

  void giveBack(FloatPointer pointer) {
    pointers.get((int) pointer.capacity()).push(pointer);
  }

  private static int roundedUp(int length) {
    if (length <= SMALLEST) {
      return SMALLEST;
    }
    int step = Integer.highestOneBit(length - 1) >> 2;
    return (int) Math.min(Integer.MAX_VALUE - 8, ((long) length + step - 1) / step * step);
  }
}
