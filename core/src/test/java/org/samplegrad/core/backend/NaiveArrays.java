package org.samplegrad.core.backend;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/** The array primitives as plain loops over indices: slow, and too simple to be wrong. */
public final class NaiveArrays {
  private NaiveArrays() {}

  public static NaiveArray map(NaiveArray x, DoubleUnaryOperator function) {
    return new NaiveArray(x.shape(), Arrays.stream(x.values()).map(function).toArray());
  }

  public static NaiveArray combine(NaiveArray a, NaiveArray b, DoubleBinaryOperator function) {
    NaiveArray result = NaiveArray.zeros(Shape.broadcast(a.shape(), b.shape()));
    for (int i = 0; i < result.values().length; i++) {
      int[] index = NaiveArray.index(result.shape(), i);
      result.values()[i] = function.applyAsDouble(broadcastAt(a, index), broadcastAt(b, index));
    }
    return result;
  }

  /** The element that broadcasting puts at an index of at least as many axes. */
  private static double broadcastAt(NaiveArray x, int[] index) {
    int[] own = new int[x.shape().rank()];
    for (int axis = 0; axis < own.length; axis++) {
      int position = index[index.length - own.length + axis];
      own[axis] = x.shape().extent(axis) == 1 ? 0 : position;
    }
    return x.at(own);
  }

  public static NaiveArray broadcastTo(NaiveArray x, Shape shape) {
    return combine(x, NaiveArray.zeros(shape), (element, zero) -> element);
  }

  public static NaiveArray sum(NaiveArray x, int... axes) {
    NaiveArray result = NaiveArray.zeros(keeping(x.shape(), axes));
    for (int i = 0; i < x.values().length; i++) {
      result.accumulate(x.values()[i], collapsed(x.shape(), i, axes));
    }
    return result;
  }

  public static NaiveArray max(NaiveArray x, int axis) {
    NaiveArray result = NaiveArray.zeros(keeping(x.shape(), axis));
    Arrays.fill(result.values(), Double.NEGATIVE_INFINITY);
    for (int i = 0; i < x.values().length; i++) {
      int[] index = collapsed(x.shape(), i, axis);
      result.set(Math.max(result.at(index), x.values()[i]), index);
    }
    return result;
  }

  private static Shape keeping(Shape shape, int... axes) {
    int[] extents = shape.extents();
    for (int axis : axes) {
      extents[axis] = 1;
    }
    return Shape.of(extents);
  }

  private static int[] collapsed(Shape shape, int flat, int... axes) {
    int[] index = NaiveArray.index(shape, flat);
    for (int axis : axes) {
      index[axis] = 0;
    }
    return index;
  }

  public static NaiveArray transpose(NaiveArray x, int... axes) {
    int[] extents = new int[axes.length];
    for (int axis = 0; axis < axes.length; axis++) {
      extents[axis] = x.shape().extent(axes[axis]);
    }
    NaiveArray result = NaiveArray.zeros(Shape.of(extents));
    for (int i = 0; i < result.values().length; i++) {
      int[] index = NaiveArray.index(result.shape(), i);
      int[] source = new int[axes.length];
      for (int axis = 0; axis < axes.length; axis++) {
        source[axes[axis]] = index[axis];
      }
      result.values()[i] = x.at(source);
    }
    return result;
  }

  public static NaiveArray slice(NaiveArray x, int axis, int from, int to) {
    int[] extents = x.shape().extents();
    extents[axis] = to - from;
    NaiveArray result = NaiveArray.zeros(Shape.of(extents));
    for (int i = 0; i < result.values().length; i++) {
      int[] index = NaiveArray.index(result.shape(), i);
      index[axis] += from;
      result.values()[i] = x.at(index);
    }
    return result;
  }

  public static NaiveArray pad(NaiveArray x, int axis, int before, int after) {
    int[] extents = x.shape().extents();
    extents[axis] += before + after;
    NaiveArray result = NaiveArray.zeros(Shape.of(extents));
    for (int i = 0; i < x.values().length; i++) {
      int[] index = NaiveArray.index(x.shape(), i);
      index[axis] += before;
      result.set(x.values()[i], index);
    }
    return result;
  }

  /** {@code [m,k] x [k,n]}, or {@code [b,m,k] x [b,k,n]}. */
  public static NaiveArray matmul(NaiveArray a, NaiveArray b) {
    if (a.shape().rank() == 2) {
      NaiveArray batch = matmul(batchOfOne(a), batchOfOne(b));
      return new NaiveArray(batch.shape().dropFirst(), batch.values());
    }
    int batches = a.shape().extent(0);
    int rows = a.shape().extent(1);
    int inner = a.shape().extent(2);
    int columns = b.shape().extent(2);
    NaiveArray result = NaiveArray.zeros(Shape.of(batches, rows, columns));
    for (int n = 0; n < batches; n++) {
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          for (int k = 0; k < inner; k++) {
            result.accumulate(a.at(n, i, k) * b.at(n, k, j), n, i, j);
          }
        }
      }
    }
    return result;
  }

  private static NaiveArray batchOfOne(NaiveArray x) {
    return new NaiveArray(x.shape().prepend(1), x.values());
  }

  /** {@code u [n,g,o,p]}, {@code a [n,g,i,p] -> [n,g,o,i]}. */
  private static NaiveArray sampleProducts(NaiveArray u, NaiveArray a) {
    int samples = u.shape().extent(0);
    int groups = u.shape().extent(1);
    int outputs = u.shape().extent(2);
    int inputs = a.shape().extent(2);
    int positions = u.shape().extent(3);
    NaiveArray result = NaiveArray.zeros(Shape.of(samples, groups, outputs, inputs));
    for (int n = 0; n < samples; n++) {
      for (int g = 0; g < groups; g++) {
        for (int o = 0; o < outputs; o++) {
          for (int i = 0; i < inputs; i++) {
            double sum = 0;
            for (int p = 0; p < positions; p++) {
              sum += u.at(n, g, o, p) * a.at(n, g, i, p);
            }
            result.set(sum, n, g, o, i);
          }
        }
      }
    }
    return result;
  }

  public static NaiveArray sampleProductSum(
      NaiveArray u, NaiveArray a, NaiveArray v, NaiveArray b) {
    NaiveArray product =
        combine(sampleProducts(u, a), sampleProducts(v, b), (left, right) -> left * right);
    return new NaiveArray(product.shape().dropFirst(), sum(product, 0).values());
  }

  public static NaiveArray weightedSampleProduct(
      NaiveArray c, NaiveArray v, NaiveArray b, NaiveArray a) {
    NaiveArray weighted = combine(sampleProducts(v, b), c, (product, weight) -> product * weight);
    int inputs = a.shape().extent(2);
    NaiveArray result = NaiveArray.zeros(v.shape());
    for (int flat = 0; flat < result.values().length; flat++) {
      int[] at = NaiveArray.index(result.shape(), flat);
      for (int i = 0; i < inputs; i++) {
        result.values()[flat] += weighted.at(at[0], at[1], at[2], i) * a.at(at[0], at[1], i, at[3]);
      }
    }
    return result;
  }

  public static NaiveArray gather(NaiveArray x, Indices indices) {
    NaiveArray result = NaiveArray.zeros(indices.shape());
    for (int i = 0; i < indices.size(); i++) {
      result.values()[i] = x.values()[indices.position(i)];
    }
    return result;
  }

  public static NaiveArray scatterAdd(NaiveArray x, Indices indices, Shape shape) {
    NaiveArray result = NaiveArray.zeros(shape);
    for (int i = 0; i < indices.size(); i++) {
      result.values()[indices.position(i)] += x.values()[i];
    }
    return result;
  }
}
