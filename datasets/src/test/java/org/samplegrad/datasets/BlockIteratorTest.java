package org.samplegrad.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.TargetSpec;

class BlockIteratorTest {
  private static final SampleFormat FORMAT =
      new SampleFormat(Shape.of(1), new TargetSpec.Numbers(1), Precision.FLOAT64);

  /** Samples whose numbers are their positions; those at a multiple of {@code bad} are none. */
  private record Counting(long count, int bad) implements IndexedSource {
    @Override
    public RowProblem read(long index, BlockBuilder into) {
      double value = bad > 0 && index % bad == 0 ? Double.NaN : index;
      return RowProblem.of(
          into.features().take(new double[] {value}), into.label().take(new double[] {index}));
    }

    @Override
    public SampleSource range(long from, long to) {
      throw new UnsupportedOperationException();
    }
  }

  private static List<BlockDelivery> all(Counting source, int blockSize, RowPolicy policy) {
    List<BlockDelivery> all = new ArrayList<>();
    BlockIterator blocks = new BlockIterator(source.cursor(), 5, FORMAT, blockSize, policy);
    blocks.forEachRemaining(all::add);
    assertThatThrownBy(blocks::next).isInstanceOf(NoSuchElementException.class);
    return all;
  }

  private static List<Double> labels(List<BlockDelivery> deliveries) {
    List<Double> labels = new ArrayList<>();
    for (BlockDelivery delivery : deliveries) {
      if (delivery.block() != null) {
        for (double label : delivery.block().targets().values()) {
          labels.add(label);
        }
      }
    }
    return labels;
  }

  @ParameterizedTest
  @CsvSource({"0, 3, 0", "1, 3, 1", "3, 3, 1", "4, 3, 2", "6, 3, 2", "7, 1, 7"})
  void blocksAreFullButTheLast(int count, int blockSize, int blocks) {
    List<BlockDelivery> all = all(new Counting(count, 0), blockSize, RowPolicy.FAIL);
    assertThat(all).hasSize(blocks);
    for (int b = 0; b < blocks; b++) {
      int expected = Math.min(blockSize, count - b * blockSize);
      assertThat(all.get(b).block().samples()).isEqualTo(expected);
    }
    assertThat(labels(all)).hasSize(count).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void theFirstBadRowEndsAPartition() {
    BlockIterator blocks =
        new BlockIterator(new Counting(10, 4).cursor(), 5, FORMAT, 3, RowPolicy.FAIL);
    BlockDelivery only = blocks.next();
    assertThat(only.block()).isNull();
    assertThat(only.badRow().partition()).isEqualTo(5);
    assertThat(only.badRow().index()).isZero();
    assertThat(only.badRow().file()).isNull();
    assertThat(only.badRow().column()).isEqualTo("features");
    assertThat(only.badRow().problem()).contains("NaN");
    assertThat(blocks.hasNext()).isFalse();
  }

  @Test
  void badRowsArePassedOverAndCounted() {
    List<BlockDelivery> all = all(new Counting(10, 4), 3, RowPolicy.SKIP);
    assertThat(labels(all)).containsExactly(1., 2., 3., 5., 6., 7., 9.);
    assertThat(all.stream().mapToLong(BlockDelivery::skippedRows).sum()).isEqualTo(3);
    List<BlockDelivery> none = all(new Counting(7, 1), 3, RowPolicy.SKIP);
    assertThat(labels(none)).isEmpty();
    assertThat(none.stream().mapToLong(BlockDelivery::skippedRows).sum()).isEqualTo(7);
  }

  @Test
  void theProblemOfALabelIsTheLabels() {
    assertThat(RowProblem.of(null, null)).isNull();
    assertThat(RowProblem.of(null, "is odd")).isEqualTo(new RowProblem("label", "is odd"));
    assertThat(RowProblem.of("is even", "is odd")).isEqualTo(new RowProblem("features", "is even"));
  }

  @Test
  void aBadRowIsDescribedByItsPlace() {
    BadRow row = new BadRow(0, 2, null, "label", "is null");
    assertThat(row.describe(12, "'t'"))
        .isEqualTo("Row 12 of 't' (rows counted from 0): column 'label' is null");
  }
}
