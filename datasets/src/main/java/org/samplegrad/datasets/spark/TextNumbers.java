package org.samplegrad.datasets.spark;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.samplegrad.datasets.NumberSink;

/**
 * Cells of text that say a number, or an array of numbers as JSON and Python write it; formats such
 * as CSV have no other way.
 */
final class TextNumbers {
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private static final String MIXED = "holds numbers and arrays side by side";
  private static final int MOST_LEVELS = 16;
  private static final int MOST_SHOWN = 40;

  private final JsonParser parser;
  private final List<Integer> extents = new ArrayList<>();
  private double[] numbers;
  private int count;

  /** Of the first number. */
  private int depth;

  private TextNumbers(JsonParser parser, int expected) {
    this.parser = parser;
    this.numbers = new double[Math.max(1, expected)];
  }

  /** Reads a cell; says what is wrong with it, or null. */
  static String read(String text, NumberSink into) {
    try (JsonParser parser = JSON.createParser(text)) {
      TextNumbers found = new TextNumbers(parser, into.length());
      parser.nextToken();
      String problem = found.value(0);
      if (problem != null) {
        return problem;
      }
      if (parser.nextToken() != null) {
        throw new JsonParseException(parser, "The text goes on");
      }
      int[] shape = found.extents.stream().mapToInt(Integer::intValue).toArray();
      if (shape.length > 1 && found.count == into.length()) {
        problem = into.arrangementProblem(shape);
      }
      return problem != null ? problem : into.take(Arrays.copyOf(found.numbers, found.count));
    } catch (IOException e) {
      String shown = text.length() > MOST_SHOWN ? text.substring(0, MOST_SHOWN) + "..." : text;
      return "holds the text '%s'; expected a number, a class by its number from 0, or an array of numbers such as [0.5, 2]"
          .formatted(shown);
    }
  }

  /** Takes the current value. */
  private String value(int level) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_ARRAY && level < MOST_LEVELS) {
      return count > 0 && level >= depth ? MIXED : array(level);
    }
    if (token == JsonToken.VALUE_NULL && level > 0) {
      return "holds null at position " + count;
    }
    if (token == null || !token.isNumeric()) {
      throw new JsonParseException(parser, "No number");
    }
    if (count == 0) {
      depth = level;
    } else if (level != depth) {
      return MIXED;
    }
    if (count == numbers.length) {
      numbers = Arrays.copyOf(numbers, Math.multiplyExact(count, 2));
    }
    numbers[count++] = parser.getDoubleValue();
    return null;
  }

  private String array(int level) throws IOException {
    if (extents.size() == level) {
      extents.add(-1);
    }
    int length = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      String problem = value(level + 1);
      if (problem != null) {
        return problem;
      }
      length++;
    }
    int expected = extents.get(level);
    extents.set(level, length);
    return expected < 0 || expected == length
        ? null
        : "has inner arrays of different lengths, %d and %d".formatted(expected, length);
  }
}
