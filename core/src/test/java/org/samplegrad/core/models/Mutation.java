package org.samplegrad.core.models;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** A small damage to a file: some bytes from {@code position} on are replaced by others. */
record Mutation(int position, int removed, byte[] inserted) {

  static Arbitrary<Mutation> arbitrary(int length) {
    return Combinators.combine(
            Arbitraries.integers().between(0, length - 1),
            Arbitraries.integers().between(0, 2),
            Arbitraries.bytes().array(byte[].class).ofMaxSize(2))
        .as(Mutation::new);
  }

  byte[] of(byte[] bytes) {
    int end = Math.min(position + removed, bytes.length);
    byte[] result = new byte[bytes.length - (end - position) + inserted.length];
    System.arraycopy(bytes, 0, result, 0, position);
    System.arraycopy(inserted, 0, result, position, inserted.length);
    System.arraycopy(bytes, end, result, position + inserted.length, bytes.length - end);
    return result;
  }
}
