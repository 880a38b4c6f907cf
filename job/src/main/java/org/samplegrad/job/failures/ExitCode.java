package org.samplegrad.job.failures;

/** What the process ends with. */
public enum ExitCode {
  DONE(0),
  CHECK_FAILED(1),

  /** Wrong usage or an unusable model. */
  UNUSABLE_REQUEST(2),
  BAD_DATA(3),
  JOB_FAILED(4);

  private final int value;

  ExitCode(int value) {
    this.value = value;
  }

  public int value() {
    return value;
  }
}
