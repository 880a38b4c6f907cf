package org.samplegrad.core.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
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

  private static final int STEPS = 8;

  private final Waiting<float[]> arrays = new Waiting<>();
  private final Waiting<FloatPointer> pointers = new Waiting<>();

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
      for (FloatPointer pointer = pointers.any(); pointer != null; pointer = pointers.any()) {
        pointer.deallocate();
      }
    }
  }

  /** An array of at least this length, with any contents. */
  float[] takeArray(int length) {
    float[] waiting = arrays.take(step(length));
    return waiting != null ? waiting : new float[roundedUp(length)];
  }

  void giveBack(float[] array) {
    arrays.put(step(array.length), array);
  }

  FloatPointer takePointer(int length) {
    FloatPointer waiting = pointers.take(step(length));
    return waiting != null ? waiting : new FloatPointer((long) roundedUp(length));
  }

  void giveBack(FloatPointer pointer) {
    pointers.put(step((int) pointer.capacity()), pointer);
  }

  /** The number of the step that a length is rounded up to. */
  private static int step(int length) {
    int last = Math.max(length, SMALLEST) - 1;
    int exponent = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(last);
    return STEPS * exponent + (last >> exponent - 3) - STEPS;
  }

  private static int roundedUp(int length) {
    int last = Math.max(length, SMALLEST) - 1;
    int shift = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(last) - 3;
    return (int) Math.min(Integer.MAX_VALUE - 8, (long) (last >> shift) + 1 << shift);
  }

  /**
   * What may be taken: a stack for each step. What is taken stays in its stack until another takes
   * its place: to clear it would tell the garbage collector of a change each time.
   */
  private static final class Waiting<T> {
    private final List<List<T>> stacks;
    private final int[] counts = new int[STEPS * Integer.SIZE];

    Waiting() {
      stacks = Stream.generate(() -> (List<T>) new ArrayList<T>()).limit(counts.length).toList();
    }

    void put(int step, T item) {
      List<T> stack = stacks.get(step);
      int count = counts[step]++;
      if (count == stack.size()) {
        stack.add(item);
      } else {
        stack.set(count, item);
      }
    }

    /**
     * One that fits, or one up to twice as long: the last block of a partition is smaller than the
     * others and would have to get all its arrays beside theirs. Null if there is none.
     */
    T take(int step) {
      for (int longer = step; longer <= step + STEPS && longer < counts.length; longer++) {
        if (counts[longer] > 0) {
          return stacks.get(longer).get(--counts[longer]);
        }
      }
      return null;
    }

    /** Any one, or null. */
    T any() {
      for (int step = 0; step < counts.length; step++) {
        if (counts[step] > 0) {
          return stacks.get(step).get(--counts[step]);
        }
      }
      return null;
    }
  }
}
