package org.samplegrad.core.models.onnx;

/**
 * What two numbers may be asked for. No number equals NaN, or is less or greater; and no fixed
 * number is taken to equal the number of samples.
 */
enum Relation {
  EQUAL {
    @Override
    boolean ofIntegers(long a, long b) {
      return a == b;
    }

    @Override
    boolean ofReals(double a, double b) {
      return a == b;
    }
  },

  LESS {
    @Override
    boolean holds(int order) {
      return order < 0;
    }
  },

  LESS_OR_EQUAL {
    @Override
    boolean holds(int order) {
      return order <= 0;
    }
  },

  GREATER {
    @Override
    boolean holds(int order) {
      return order > 0;
    }
  },

  GREATER_OR_EQUAL {
    @Override
    boolean holds(int order) {
      return order >= 0;
    }
  };

  /** Whether it holds for an order, as of {@link Integer#compare}. */
  boolean holds(int order) {
    return order == 0;
  }

  boolean ofIntegers(long a, long b) {
    return holds(SampleCount.compare(a, b));
  }

  boolean ofReals(double a, double b) {
    boolean unordered = Double.isNaN(a) || Double.isNaN(b);
    return !unordered && holds(a < b ? -1 : a > b ? 1 : 0);
  }
}
