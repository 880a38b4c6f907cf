package org.samplegrad.job.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.models.Sequential;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.Block;
import org.samplegrad.core.passes.MomentsPass;
import org.samplegrad.core.passes.Objective;
import org.samplegrad.datasets.BlockDelivery;
import org.samplegrad.job.distributed.LargestGradients.Found;

class LargestGradientsTest {

  private static LargestGradients of(List<Found> blocks) {
    LargestGradients largest = new LargestGradients();
    blocks.forEach(largest::add);
    return largest;
  }

  @Test
  void anyOrderAndAnyRepetitionFindTheFirstLargestBlock() {
    List<Found> blocks =
        new ArrayList<>(
            List.of(
                new Found(1, 0, 0),
                new Found(4, 0, 1),
                new Found(4, 2, 0),
                new Found(4, 0, 2),
                new Found(3, 1, 5)));
    blocks.addAll(blocks.subList(1, 3));
    for (int seed = 0; seed < 20; seed++) {
      Collections.shuffle(blocks, new Random(seed));
      LargestGradients merged = of(blocks.subList(0, 3));
      merged.merge(of(blocks.subList(3, 7)));
      assertThat(merged.value()).isEqualTo(new Found(4, 0, 1));
    }
  }

  @Test
  void anEmptyOneIsAnIdentity() {
    LargestGradients empty = new LargestGradients();
    assertThat(empty.isZero()).isTrue();
    assertThat(empty.value()).isNull();
    LargestGradients one = of(List.of(new Found(1, 0, 0)));
    one.merge(empty);
    assertThat(one.value()).isEqualTo(new Found(1, 0, 0));
    LargestGradients copy = one.copy();
    one.reset();
    assertThat(one.isZero()).isTrue();
    assertThat(copy.value()).isEqualTo(new Found(1, 0, 0));
    empty.merge(copy);
    assertThat(empty.value()).isEqualTo(new Found(1, 0, 0));
  }

  /** The row whose label is far from all others, among four of its block. */
  @Test
  void rowsOfABlock() {
    Objective objective =
        new Objective(
            new Sequential(Shape.of(1), List.of(new Linear(1, 1, true))),
            LossKind.named("mse").create());
    ParameterVector parameters = objective.model().initialParameters(0);
    double[] targets = new double[101];
    targets[77] = 1000;
    Block first = Block.of(1, Shape.of(1), new double[1], new double[] {1e6});
    Block second = Block.of(101, Shape.of(1), new double[101], targets);
    List<BlockDelivery> partition =
        Stream.of(first, null, second).map(b -> new BlockDelivery(b, 0, null)).toList();
    try (Backend backend = Backends.open("cpu", Precision.FLOAT32)) {
      MomentsPass pass = new MomentsPass(objective, parameters, backend);
      Block rows = LargestGradients.rows(partition.iterator(), 2, pass, parameters.layout());
      assertThat(rows.samples()).isBetween(2, 4);
      assertThat(IntStream.range(0, rows.samples()).mapToDouble(n -> rows.targets().values()[n]))
          .contains(1000.0);
    }
  }
}
