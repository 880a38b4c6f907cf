package org.samplegrad.core.backend;

import java.io.Serializable;
import java.lang.ref.Cleaner;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Results of the longer products of a block's forward and backward evaluation, which the first pass
 * keeps and the second takes instead of multiplying again. They are a saving only: what is not
 * kept, because memory is short or the block was written to disk in between, is computed again with
 * the same bits.
 *
 * <p>They belong to one block, one set of parameters, one model and one backend.
 */
public final class KeptResults implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * Terms of a sum from which on adding them up takes much longer than keeping the sum, and from
   * which on memory is well spent on it.
   */
  private static final int LEAST_TERMS = 512;

  /** The part of the heap that all kept results of a program may take. */
  private static final int SHARE_OF_HEAP = 6;

  private static final Budget OF_PROGRAM =
      new Budget(Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);

  private static final Cleaner CLEANER = Cleaner.create();

  /** Whether results are kept at all. */
  private final boolean keeps;

  private final transient Budget budget;

  /** Empty until an evaluation has ended; the garbage collector may empty it again. */
  private transient volatile SoftReference<List<Kept>> kept;

  /** Gives the memory of what is kept back to the budget, once. */
  private transient volatile Cleaner.Cleanable memory;

  private KeptResults(boolean keeps, Budget budget) {
    this.keeps = keeps;
    this.budget = budget;
  }

  /** Of a block that will be evaluated again, in memory of its own. */
  public static KeptResults within(long mostBytes) {
    return new KeptResults(true, new Budget(mostBytes));
  }

  /** Of a block that will be evaluated again. */
  public static KeptResults ofBlock() {
    return new KeptResults(true, OF_PROGRAM);
  }

  /** For an evaluation that will not be repeated. */
  public static KeptResults none() {
    return new KeptResults(false, OF_PROGRAM);
  }

  /** Whether a product with sums of so many terms is worth keeping. */
  public static boolean suits(long terms) {
    return terms >= LEAST_TERMS;
  }

  /** The memory that all kept results of a program may take. */
  public static long mostBytes() {
    return OF_PROGRAM.mostBytes;
  }

  private Object readResolve() {
    return new KeptResults(keeps, OF_PROGRAM);
  }

  /** Begins an evaluation, whose results come in the same sequence each time. */
  public Sequence open() {
    SoftReference<List<Kept>> known = kept;
    return new Sequence(known == null ? null : known.get());
  }

  /** For the last evaluation: these results where there are any, but none are kept in addition. */
  public KeptResults forTheLastTime() {
    SoftReference<List<Kept>> known = kept;
    return known == null || known.get() == null ? none() : this;
  }

  /** Keeps nothing any more, so that other blocks may: there is no evaluation to come. */
  public void release() {
    Cleaner.Cleanable taken = memory;
    kept = null;
    memory = null;
    if (taken != null) {
      taken.clean();
    }
  }

  /**
   * A result.
   *
   * @param argmax of a max pool, where each element lay in its channel; else null
   */
  public record Kept(float[] elements, char[] argmax) {}

  /** The results of one evaluation in their sequence. */
  public final class Sequence implements AutoCloseable {
    private final List<Kept> known;
    private final List<Kept> made = new ArrayList<>();
    private long madeBytes;
    private boolean keeping;
    private int next;

    private Sequence(List<Kept> known) {
      this.known = known;
      this.keeping = keeps && known == null;
    }

    /**
     * The next result, or null if it must be computed.
     *
     * @param size how many elements there must be
     * @throws IllegalStateException if so many do not come next in this sequence
     */
    public Kept next(int size) {
      if (known == null || next >= known.size()) {
        return null;
      }
      Kept result = known.get(next++);
      if (result.elements().length != size) {
        throw new IllegalStateException(
            "A result of %d elements was kept where one of %d is asked for"
                .formatted(result.elements().length, size));
      }
      return result;
    }

    /** Whether {@link #keep} keeps a result, if there is memory for it. */
    public boolean isKeeping() {
      return keeping;
    }

    /** Keeps a copy of the first elements of a result, if there is memory for it. */
    public void keep(float[] elements, int size) {
      keep(elements, size, null);
    }

    /** The same with where a max pool found them, which is taken over. */
    public void keep(float[] elements, int size, char[] argmax) {
      long bytesOfArgmax = argmax == null ? 0 : (long) size * Character.BYTES;
      long bytes = (long) size * Float.BYTES + bytesOfArgmax;
      keeping = keeping && budget.take(bytes);
      if (keeping) {
        madeBytes += bytes;
        made.add(new Kept(Arrays.copyOf(elements, size), argmax));
      }
    }

    /** Ends the evaluation. */
    @Override
    public void close() {
      if (madeBytes == 0) {
        return;
      }
      Budget taken = budget;
      long bytes = madeBytes;
      memory = CLEANER.register(made, () -> taken.giveBack(bytes));
      kept = new SoftReference<>(made);
    }
  }

  /** The memory of several blocks' results. */
  private static final class Budget {
    private final long mostBytes;
    private final AtomicLong heldBytes = new AtomicLong();

    Budget(long mostBytes) {
      this.mostBytes = mostBytes;
    }

    boolean take(long bytes) {
      if (heldBytes.addAndGet(bytes) <= mostBytes) {
        return true;
      }
      giveBack(bytes);
      return false;
    }

    void giveBack(long bytes) {
      heldBytes.addAndGet(-bytes);
    }
  }
}
