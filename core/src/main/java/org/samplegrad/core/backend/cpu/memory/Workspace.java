package org.samplegrad.core.backend.cpu.memory;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.KeptResults;
import org.samplegrad.core.backend.Scope;
import org.samplegrad.core.backend.Shape;

/** Where a backend's tensors are made, and freed with the scope they were made in. */
public final class Workspace {
  private final Backend backend;
  private final Memory memory;

  /** What is known of tensors' elements while they are there. */
  private final Supports supports = new Supports();

  /** The elements to free, innermost scope first; the last list is the backend's own. */
  private final Deque<List<Storage>> scopes = new ArrayDeque<>(List.of(new ArrayList<>()));

  /** Of the evaluation that is going on; where there is none, it knows and keeps nothing. */
  private KeptResults.Sequence keptResults = KeptResults.none().open();

  private boolean released;

  /**
   * @param backend whose tensors are made here
   */
  public Workspace(Backend backend, Memory memory) {
    this.backend = backend;
    this.memory = memory;
  }

  public Memory memory() {
    return memory;
  }

  public Supports supports() {
    return supports;
  }

  public KeptResults.Sequence keptResults() {
    return keptResults;
  }

  public CpuTensor inArray(Shape shape) {
    return made(shape, Storage.inArray(memory, shape.size()));
  }

  public CpuTensor zeros(Shape shape) {
    CpuTensor result = inArray(shape);
    Arrays.fill(result.array(), 0, result.size(), 0f);
    return result;
  }

  public CpuTensor inNativeMemory(Shape shape) {
    return made(shape, Storage.inNativeMemory(memory, shape.size()));
  }

  public CpuTensor sparse(Shape shape, Support support) {
    return made(shape, Storage.sparse(memory, shape.size(), support));
  }

  public CpuTensor deferred(Shape shape, Deferred elements) {
    return made(shape, Storage.deferred(memory, shape.size(), elements));
  }

  private CpuTensor made(Shape shape, Storage storage) {
    scopes.element().add(storage);
    return new CpuTensor(shape, storage, backend);
  }

  public Scope openScope() {
    List<Storage> owned = new ArrayList<>();
    scopes.push(owned);
    return () -> {
      if (scopes.peek() != owned) {
        throw new IllegalStateException("Scopes must close in the reverse order of their opening");
      }
      scopes.pop();
      owned.forEach(Storage::free);
      supports.forget();
    };
  }

  /** Frees what the work makes here when it is done. */
  public void scoped(Runnable work) {
    Scope scope = openScope();
    try {
      work.run();
    } finally {
      scope.close();
    }
  }

  public <T> T evaluateWith(KeptResults kept, Supplier<T> evaluation) {
    KeptResults.Sequence none = keptResults;
    keptResults = kept.open();
    try {
      return evaluation.get();
    } finally {
      keptResults.close();
      keptResults = none;
    }
  }

  /**
   * A product from memory, or one to keep if it is worth it.
   *
   * @param terms of the sum that each of its elements is
   */
  public CpuTensor keptOrComputed(Shape shape, int terms, Supplier<CpuTensor> product) {
    if (!KeptResults.suits(terms)) {
      return product.get();
    }
    KeptResults.Kept known = keptResults.next(shape.size());
    if (known != null) {
      CpuTensor result = inArray(shape);
      System.arraycopy(known.elements(), 0, result.array(), 0, shape.size());
      return result;
    }
    CpuTensor result = product.get();
    if (keptResults.isKeeping()) {
      keptResults.keep(result.array(), shape.size());
    }
    return result;
  }

  /** Frees all tensors, those of open scopes as well. */
  public void release() {
    if (released) {
      return;
    }
    released = true;
    for (List<Storage> owned : scopes) {
      owned.forEach(Storage::free);
      owned.clear();
    }
    memory.release();
  }
}
