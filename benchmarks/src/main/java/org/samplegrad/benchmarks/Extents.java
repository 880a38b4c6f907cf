package org.samplegrad.benchmarks;

import java.util.Arrays;

/** Extents written as {@code 64x32x28}. */
final class Extents {
  private Extents() {}

  static int[] of(String text) {
    return Arrays.stream(text.split("x")).mapToInt(Integer::parseInt).toArray();
  }
}
