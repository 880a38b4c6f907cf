package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.models.ExampleModel;
import org.samplegrad.core.moments.Cotangents;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.StandardFunctional;

/**
 * Arrays live outside the heap, where the garbage collector does not look: every scope must free
 * its own. Parameters and cotangents together take 189 kB here, which would be 189 MB if every
 * evaluation lost them.
 */
class MemoryStaysFlatTest {
  private static final int WARM_UP = 10;
  private static final long ARRAY_SLACK = 4 << 20;
  private static final long HEAP_SLACK = 16 << 20;
  private static final int MOST_COLLECTIONS = 50;

  private static final ObjectiveCase GIVEN =
      ObjectiveCase.of(
          "mnist-logistic",
          new Objective(
              ExampleModel.MNIST_LOGISTIC.create(), ExampleModel.MNIST_LOGISTIC.loss().create()),
          2);

  @Test
  void oneBatchEvaluatedOverAndOver() {
    try (LocalBatch batch =
        new LocalBatch(
            GIVEN.objective(), GIVEN.parameters(), GIVEN.all(), Reduction.SUM, Precision.FLOAT64)) {
      assertFlat(
          1000,
          () -> {
            batch.value(StandardFunctional.TOTAL_VARIANCE);
            batch.gradient(StandardFunctional.TOTAL_VARIANCE);
          });
    }
  }

  @Test
  void bothPassesOverManyBlocks() {
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      Moments moments = Moments.empty(GIVEN.parameters().layout());
      MomentsPass first = new MomentsPass(GIVEN.objective(), GIVEN.parameters(), backend);
      first.add(GIVEN.all(), moments);
      Cotangents cotangents =
          Cotangents.of(StandardFunctional.TOTAL_VARIANCE, moments, Reduction.SUM, backend);
      PullBackPass second =
          new PullBackPass(GIVEN.objective(), GIVEN.parameters(), cotangents, backend);
      double[] totals = new double[GIVEN.parameters().layout().size()];
      assertFlat(
          300,
          () -> {
            first.add(GIVEN.all(), moments);
            second.add(GIVEN.all(), totals);
          });
    }
  }

  private static void assertFlat(int evaluations, Runnable evaluation) {
    repeat(WARM_UP, evaluation);
    System.gc();
    long arraysBefore = arrayBytes();
    long heapBefore = heapBytes();
    assertThat(arraysBefore)
        .as("the counter sees the parameters")
        .isGreaterThan(GIVEN.parameters().layout().size() * (long) Double.BYTES);
    repeat(evaluations, evaluation);
    assertBelow("growth of the arrays", () -> arrayBytes() - arraysBefore, ARRAY_SLACK);
    assertBelow("growth of the heap", () -> heapBytes() - heapBefore, HEAP_SLACK);
  }

  private static void repeat(int times, Runnable evaluation) {
    for (int i = 0; i < times; i++) {
      evaluation.run();
    }
  }

  /** Constants inside ND4J's own operations are freed by the collector only. */
  private static void assertBelow(String name, LongSupplier bytes, long bound) {
    for (int i = 0; i < MOST_COLLECTIONS && bytes.getAsLong() >= bound; i++) {
      System.gc();
    }
    assertThat(bytes.getAsLong()).as(name).isLessThan(bound);
  }

  /** What ND4J holds for arrays now. */
  private static long arrayBytes() {
    return Nd4j.getEnvironment().getDeviceCouner(0);
  }

  private static long heapBytes() {
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
