package org.samplegrad.core.backend.cpu;

/**
 * The numbers that bytes stand for, where these lie on a line, as those of an image with its mean
 * and its spread taken out do: computed in less time than looked up. They are right to the rounding
 * of the largest number, as after the same steps in float32.
 *
 * @param step from one unsigned byte to the next
 * @param center what 128 stands for
 */
record AffineCodes(float step, float center) {
  static final int CENTER = 128;

  /** Null if the numbers do not lie on a line. */
  static AffineCodes of(float[] meanings) {
    int last = meanings.length - 1;
    double step = ((double) meanings[last] - meanings[0]) / last;
    AffineCodes codes = new AffineCodes((float) step, (float) (meanings[0] + CENTER * step));
    float rounding = Math.ulp(Math.max(Math.abs(meanings[0]), Math.abs(meanings[last])));
    for (int code = 0; code <= last; code++) {
      float number = Math.fma(code - CENTER, codes.step, codes.center);
      if (!(Math.abs((double) number - meanings[code]) <= rounding)) {
        return null;
      }
    }
    return codes;
  }
}
