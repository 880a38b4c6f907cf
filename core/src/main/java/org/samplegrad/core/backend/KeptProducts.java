package org.samplegrad.core.backend;

import java.io.Serializable;
import java.lang.ref.Cleaner;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Results of the longer products, and choices of maxima, on a block's way from its inputs to its
 * outputs, which the first pass keeps and the second takes instead of computing them again. They
 * are a saving only: what is not kept, because memory is short or the block was written to disk in
 * between, is computed again with the same bits.
 *
 * <p>They belong to one block, one set of parameters, one model and one backend.
 */
public final class KeptProducts implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Terms of a sum from which on adding them up takes much longer than keeping the sum. */
  private static final int LEAST_TERMS = 256;

  private static final int NO_PLACE = -1;

  /** The part of the heap that all kept results of a program may take. */
  private static final int SHARE_OF_HEAP = 6;

  private static final Budget OF_PROGRAM =
      new Budget(Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);

  private static final Cleaner CLEANER = Cleaner.create();

  /** Whether results are kept at all. */
  private final boolean keeps;

  private final transient Budget budget;

  /** Empty until an evaluation has ended; the garbage collector may empty it again. */
  private transient volatile SoftReference<Kept> kept;

  /** Gives the memory of what is kept back to the budget, once. */
  private transient volatile Cleaner.Cleanable memory;

  private KeptProducts(boolean keeps, Budget budget) {
    this.keeps = keeps;
    this.budget = budget;
  }

  /** Of a block that will be evaluated again, in memory of its own. */
  public static KeptProducts within(long mostBytes) {
    return new KeptProducts(true, new Budget(mostBytes));
  }

  /**
   * What an evaluation has kept, from its first result to the one where memory ended.
   *
   * @param results in their sequence; null for one that will not be read
   */
  private record Kept(List<float[]> results, List<Indices> choices) {
    Kept() {
      this(new ArrayList<>(), new ArrayList<>());
    }
  }

  private Object readResolve() {
    return new KeptProducts(keeps, OF_PROGRAM);
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

  /** Of a block that will be evaluated again. */
  public static KeptProducts ofBlock() {
    return new KeptProducts(true, OF_PROGRAM);
  }

  /** For an evaluation that will not be repeated. */
  public static KeptProducts none() {
    return new KeptProducts(false, OF_PROGRAM);
  }

  /** Whether a product with sums of so many terms is worth keeping. */
  public static boolean suits(int terms) {
    return terms >= LEAST_TERMS;
  }

  /** The memory that all kept results of a program may take. */
  public static long mostBytes() {
    return OF_PROGRAM.mostBytes;
  }

  /** Begins an evaluation, whose results come in the same sequence each time. */
  public Sequence open() {
    SoftReference<Kept> known = kept;
    return new Sequence(known == null ? null : known.get());
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

  /** The results of one evaluation in their sequence. */
  public final class Sequence implements AutoCloseable {
    private final Kept known;
    private final Kept made = new Kept();
    private long madeBytes;
    private boolean keeping;
    private int nextResult;
    private int nextChoice;

    private Sequence(Kept known) {
      this.known = known;
      this.keeping = keeps && known == null;
    }

    /** Whether an earlier evaluation has kept results. */
    public boolean repeats() {
      return known != null;
    }

    /**
     * The elements of the next result, or null if they must be computed.
     *
     * @param size how many elements there must be
     * @throws IllegalStateException if so many do not come next in this sequence
     */
    public float[] next(int size) {
      if (known == null || nextResult >= known.results().size()) {
        return null;
      }
      float[] result = known.results().get(nextResult++);
      if (result != null && result.length != size) {
        throw new IllegalStateException(
            "A result of %d elements was kept where one of %d is asked for"
                .formatted(result.length, size));
      }
      return result;
    }

    /** The next choice, or null if it must be made. */
    public Indices nextChoice() {
      return known == null || nextChoice >= known.choices().size()
          ? null
          : known.choices().get(nextChoice++);
    }

    /**
     * Keeps a copy of the first elements of a result that was computed, if there is memory for it.
     *
     * @return whether there was
     */
    public boolean keep(float[] elements, int size) {
      if (!takes((long) size * Float.BYTES)) {
        return false;
      }
      made.results().add(Arrays.copyOf(elements, size));
      return true;
    }

    /** Keeps a choice, if there is memory for it. */
    public void keep(Indices choice) {
      if (takes((long) choice.size() * Integer.BYTES)) {
        made.choices().add(choice);
      }
    }

    /**
     * The place of a result of which it is not known yet whether a later evaluation will read it.
     *
     * @return for {@link #fill}
     */
    public int reserve() {
      if (keeping) {
        made.results().add(null);
      }
      return keeping ? made.results().size() - 1 : NO_PLACE;
    }

    /** Keeps a copy of the first elements at a place, if there is memory for it. */
    public void fill(int place, float[] elements, int size) {
      if (place != NO_PLACE && takes((long) size * Float.BYTES)) {
        made.results().set(place, Arrays.copyOf(elements, size));
      }
    }

    private boolean takes(long bytes) {
      keeping = keeping && budget.take(bytes);
      madeBytes += keeping ? bytes : 0;
      return keeping;
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
}
