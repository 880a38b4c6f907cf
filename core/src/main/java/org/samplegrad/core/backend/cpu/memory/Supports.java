package org.samplegrad.core.backend.cpu.memory;

import java.util.IdentityHashMap;
import java.util.Map;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.Shape;

/**
 * The supports that were made in the open scope: a second derivative goes back through the same
 * pools and masks as the first.
 */
public final class Supports {
  private final Map<Indices, Found> ofIndices = new IdentityHashMap<>();
  private final Map<Support, Masked> ofSupports = new IdentityHashMap<>();

  /** By which array the elements of another were masked. */
  private final Map<Storage, Storage> masks = new IdentityHashMap<>();

  private record Found(Shape shape, Storage mask, Support support) {}

  private record Masked(Storage by, Support support) {}

  /** Notes that an array has only those elements for which another one is positive. */
  public void masked(CpuTensor result, CpuTensor by) {
    masks.put(result.storage(), by.storage());
  }

  /** {@link Support#of} of the elements of an array that indices scatter, by what it was masked. */
  public Support of(CpuTensor scattered, Indices indices, Shape shape) {
    Storage mask = masks.get(scattered.storage());
    Found found = ofIndices.get(indices);
    if (found == null || !found.shape().equals(shape) || found.mask() != mask) {
      float[] values = mask == null ? null : mask.array();
      found = new Found(shape, mask, Support.of(indices, shape, values));
      ofIndices.put(indices, found);
    }
    return found.support();
  }

  /** {@link Support#wherePositive}. */
  public Support wherePositive(Support support, CpuTensor x) {
    Masked masked = ofSupports.get(support);
    if (masked == null || masked.by() != x.storage()) {
      int imageSize = x.shape().dropFirst().dropFirst().size();
      masked = new Masked(x.storage(), support.wherePositive(x.array(), imageSize));
      ofSupports.put(support, masked);
    }
    return masked.support();
  }

  /** Must be told when tensors are freed. */
  void forget() {
    ofIndices.clear();
    ofSupports.clear();
    masks.clear();
  }
}
