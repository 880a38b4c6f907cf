package org.samplegrad.core.backend.cpu.memory;

import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Arrays that are used again and again, by one backend at a time: the blocks of a pass have equal
 * shapes, so after the first of them nothing is left to the garbage collector. What a closed
 * backend leaves waits here for the next one, as long as the program does not need the memory for
 * something else; what the last few backends had no use for, as after another model or block size,
 * is let go.
 */
public final class Memory {
  /** Closed backends' memories that wait: one for each task that can run at once. */
  private static final int MOST_IDLE = Runtime.getRuntime().availableProcessors();

  private static final Queue<SoftReference<Memory>> IDLE = new ConcurrentLinkedQueue<>();

  /** Uses after which what none of them took is let go; the two passes take different arrays. */
  private static final int USES = 4;

  /** Lengths are rounded up to one of eight steps per power of two, from here on. */
  private static final int SMALLEST = 16;

  private static final int STEPS = 8;

  private final Waiting<float[]> arrays = new Waiting<>();
  private final Waiting<FloatPointer> pointers = new Waiting<>();
  private boolean used;
  private int uses;

  private Memory() {}

  public static Memory borrow() {
    for (SoftReference<Memory> idle = IDLE.poll(); idle != null; idle = IDLE.poll()) {
      Memory memory = idle.get();
      if (memory != null) {
        return memory;
      }
    }
    return new Memory();
  }

  /** Ends the use that {@link #borrow} began. */
  public void release() {
    // A backend that was opened to see whether it can be says nothing about what is of use.
    uses += used ? 1 : 0;
    used = false;
    if (uses == USES) {
      letGoOfUnused();
      uses = 0;
    }
    if (IDLE.size() < MOST_IDLE) {
      IDLE.add(new SoftReference<>(this));
    } else {
      letGoOfUnused();
      // Nothing was taken in between: this time all of it.
      letGoOfUnused();
    }
  }

  /** Lets go of what was not taken since the last time. */
  private void letGoOfUnused() {
    arrays.removeUntouched();
    pointers.removeUntouched().forEach(FloatPointer::deallocate);
  }

  /** An array of at least this length, with any contents. */
  public float[] takeArray(int length) {
    used = true;
    float[] waiting = arrays.take(step(length));
    return waiting != null ? waiting : new float[roundedUp(length)];
  }

  public void giveBack(float[] array) {
    arrays.put(step(array.length), array);
  }

  public FloatPointer takePointer(int length) {
    used = true;
    FloatPointer waiting = pointers.take(step(length));
    return waiting != null ? waiting : new FloatPointer((long) roundedUp(length));
  }

  public void giveBack(FloatPointer pointer) {
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

    /** The least that {@link #counts} were since {@link #removeUntouched}. */
    private final int[] least = new int[counts.length];

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
          int place = --counts[longer];
          least[longer] = Math.min(least[longer], place);
          return stacks.get(longer).get(place);
        }
      }
      return null;
    }

    /** Removes what was not taken since the last call: the lowest of each stack. */
    List<T> removeUntouched() {
      List<T> removed = new ArrayList<>();
      for (int step = 0; step < counts.length; step++) {
        List<T> lowest = stacks.get(step).subList(0, least[step]);
        removed.addAll(lowest);
        lowest.clear();
        counts[step] -= least[step];
        least[step] = counts[step];
      }
      return removed;
    }
  }
}
