package org.samplegrad.core.backend.cpu;

import java.util.IdentityHashMap;
import java.util.Map;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.Shape;

/**
 * The supports that were made in the open scope: a second derivative goes back through the same
 * pools and masks as the first.
 */
final class Supports {
  private final Map<Indices, Found> ofIndices = new IdentityHashMap<>();
  private final Map<Support, Masked> ofSupports = new IdentityHashMap<>();

  private record Found(Shape shape, Support support) {}

  private record Masked(Storage by, Support support) {}

  /** {@link Support#of}. */
  Support of(Indices indices, Shape shape) {
    Found found = ofIndices.get(indices);
    if (found == null || !found.shape().equals(shape)) {
      found = new Found(shape, Support.of(indices, shape));
      ofIndices.put(indices, found);
    }
    return found.support();
  }

  /** {@link Support#wherePositive}. */
  Support wherePositive(Support support, CpuTensor x) {
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
  }
}
