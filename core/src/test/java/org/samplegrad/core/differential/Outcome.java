package org.samplegrad.core.differential;

/**
 * What became of a random model.
 *
 * @param message why, where it is not simply right
 * @param figures the errors that were found, for the eye
 */
record Outcome(RandomModel model, Verdict verdict, String message, String figures) {
  private static final int LONGEST_MESSAGE = 500;

  /** Refusing is always allowed; a number has to be right. */
  enum Verdict {
    /** Every number, under the names of the module's parameters. */
    RIGHT,
    /** Every number, with a note that some names are those of the file. */
    RENAMED,
    /** Nothing was computed, and a message says why. */
    REFUSED,
    WRONG
  }

  @Override
  public String toString() {
    return "%-8s %s %s%s"
        .formatted(verdict, model, figures, message.isEmpty() ? "" : ": " + message);
  }
}
