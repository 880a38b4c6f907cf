package org.samplegrad.core.backend.cpu;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.TreeMap;
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

  /** Lengths are rounded up to one of eight steps per power of two, from here on. */
  private static final int SMALLEST = 16;

  private final NavigableMap<Integer, Deque<float[]>> arrays = new TreeMap<>();
  private final NavigableMap<Integer, Deque<FloatPointer>> pointers = new TreeMap<>();

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
    float[] waiting = waiting(arrays, rounded);
    return waiting != null ? waiting : new float[rounded];
  }

  void giveBack(float[] array) {
    arrays.computeIfAbsent(array.length, key -> new ArrayDeque<>()).push(array);
  }

  FloatPointer takePointer(int length) {
    int rounded = roundedUp(length);
    FloatPointer waiting = waiting(pointers, rounded);
    return waiting != null ? waiting : new FloatPointer((long) rounded);
  }

  void giveBack(FloatPointer pointer) {
    pointers.computeIfAbsent((int) pointer.capacity(), key -> new ArrayDeque<>()).push(pointer);
  }

  /**
   * One that fits, or one up to twice as long: the last block of a partition is smaller than the
   * others and would have to get all its arrays beside theirs.
   */
  private static <T> T waiting(NavigableMap<Integer, Deque<T>> all, int length) {
    for (Map.Entry<Integer, Deque<T>> entry = all.ceilingEntry(length);
        entry != null && entry.getKey() / 2 <= length;
        entry = all.higherEntry(entry.getKey())) {
      T found = entry.getValue().poll();
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static int roundedUp(int length) {
    if (length <= SMALLEST) {
      return SMALLEST;
    }
    int step = Integer.highestOneBit(length - 1) >> 3;
    return (int) Math.min(Integer.MAX_VALUE - 8, ((long) length + step - 1) / step * step);
  }
}
