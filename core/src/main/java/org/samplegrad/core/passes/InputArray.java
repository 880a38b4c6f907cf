package org.samplegrad.core.passes;

import java.io.Serializable;
import java.lang.reflect.Array;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;

/** The inputs of a block in one of the ways they are held; a new one is one record here. */
sealed interface InputArray extends Serializable {
  int length();

  /** What each of the numbers takes. */
  int bytesPerNumber();

  Tensor tensor(Backend backend, Shape shape);

  /** A copy of the numbers {@code [from, to)}. */
  InputArray range(int from, int to);

  /** Equal for arrays that can be joined. */
  Object kind();

  /** The Java array of the numbers. */
  Object array();

  /** The same way of holding another Java array. */
  InputArray with(Object array);

  /** All numbers in order, of arrays of one kind. */
  static InputArray join(List<InputArray> arrays) {
    InputArray first = arrays.get(0);
    int length = arrays.stream().mapToInt(InputArray::length).sum();
    Class<?> number = first.array().getClass().getComponentType();
    Object joined = Array.newInstance(number, length);
    int done = 0;
    for (InputArray array : arrays) {
      System.arraycopy(array.array(), 0, joined, done, array.length());
      done += array.length();
    }
    return first.with(joined);
  }

  /** Numbers in float32. */
  record Floats(float[] array) implements InputArray {
    @Override
    public int length() {
      return array.length;
    }

    @Override
    public int bytesPerNumber() {
      return Float.BYTES;
    }

    @Override
    public Tensor tensor(Backend backend, Shape shape) {
      return backend.tensor(shape, array);
    }

    @Override
    public InputArray range(int from, int to) {
      return with(Arrays.copyOfRange(array, from, to));
    }

    @Override
    public Object kind() {
      return Floats.class;
    }

    @Override
    public InputArray with(Object other) {
      return new Floats((float[]) other);
    }
  }

  /** Numbers in float64. */
  record Doubles(double[] array) implements InputArray {
    @Override
    public int length() {
      return array.length;
    }

    @Override
    public int bytesPerNumber() {
      return Double.BYTES;
    }

    @Override
    public Tensor tensor(Backend backend, Shape shape) {
      return backend.tensor(shape, array);
    }

    @Override
    public InputArray range(int from, int to) {
      return with(Arrays.copyOfRange(array, from, to));
    }

    @Override
    public Object kind() {
      return Doubles.class;
    }

    @Override
    public InputArray with(Object other) {
      return new Doubles((double[]) other);
    }
  }

  /** Unsigned bytes that each stand for a number in float32. */
  record Bytes(byte[] array, float[] lookupTable) implements InputArray {
    @Override
    public int length() {
      return array.length;
    }

    @Override
    public int bytesPerNumber() {
      return Byte.BYTES;
    }

    @Override
    public Tensor tensor(Backend backend, Shape shape) {
      return backend.tensor(shape, array, lookupTable);
    }

    @Override
    public InputArray range(int from, int to) {
      return with(Arrays.copyOfRange(array, from, to));
    }

    @Override
    public Object kind() {
      return FloatBuffer.wrap(lookupTable);
    }

    @Override
    public InputArray with(Object other) {
      return new Bytes((byte[]) other, lookupTable);
    }
  }
}
