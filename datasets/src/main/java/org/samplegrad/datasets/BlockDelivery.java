package org.samplegrad.datasets;

import java.io.Serializable;
import org.samplegrad.core.backend.KeptResults;
import org.samplegrad.core.passes.Block;

/**
 * What one step through a partition yields. A bad row travels as a value: an exception in an
 * executor would be retried, and reach the user as a stack trace.
 *
 * @param block null if there was none left
 * @param kept of the block, for the passes over one delivery
 * @param skippedRows rows passed over since the last delivery
 * @param badRow the row at which the partition's reading ended, or null
 */
public record BlockDelivery(Block block, KeptResults kept, long skippedRows, BadRow badRow)
    implements Serializable {

  public BlockDelivery(Block block, long skippedRows, BadRow badRow) {
    this(block, KeptResults.ofBlock(), skippedRows, badRow);
  }
}
