package org.samplegrad.core.backend.cpu.products;

import java.util.Arrays;
import org.samplegrad.core.backend.SampleSums;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.backend.cpu.kernels.Loops;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Memory;
import org.samplegrad.core.backend.cpu.memory.Workspace;

/** Products of matrices, one by one and summed over samples. */
public final class CpuProducts {
  private final Workspace workspace;
  private final Memory memory;

  private final ProductChoice choice;
  private final TiledProduct tiledProduct;

  public CpuProducts(Workspace workspace, VectorKernels kernels) {
    this.workspace = workspace;
    this.memory = workspace.memory();
    this.choice = new ProductChoice(kernels);
    this.tiledProduct = new TiledProduct(kernels, memory);
  }

  public CpuTensor matmul(CpuTensor a, boolean transposeA, CpuTensor b, boolean transposeB) {
    Shape shape = ShapeRules.matmul(a.shape(), transposeA, b.shape(), transposeB);
    if (shape.size() == 0 || a.shape().size() == 0) {
      return workspace.zeros(shape);
    }
    int depth = a.shape().extent(transposeA ? -2 : -1);
    return workspace.keptOrComputed(
        shape, depth, () -> product(a, transposeA, b, transposeB, shape, depth));
  }

  /** Null where the definition from other primitives is the better way. */
  public SampleSums outerProductSums(CpuTensor outputGradient, CpuTensor x) {
    Shape shape = ShapeRules.matmul(outputGradient.shape(), true, x.shape(), false);
    if (shape.rank() != 2 || !choice.sumsTogether(shape.extent(0), shape.extent(1))) {
      return null;
    }
    CpuTensor sum = workspace.inArray(shape);
    CpuTensor squaredSum = workspace.inArray(shape);
    tiledProduct.outerProductSums(
        outputGradient.array(),
        x.array(),
        sum.array(),
        squaredSum.array(),
        x.shape().extent(0),
        shape.extent(0),
        shape.extent(1));
    return new SampleSums(sum, squaredSum);
  }

  private CpuTensor product(
      CpuTensor a, boolean transposeA, CpuTensor b, boolean transposeB, Shape shape, int depth) {
    if (shape.rank() != 2) {
      return general(a, transposeA, b, transposeB, shape);
    }
    boolean overRows = transposeA && !transposeB;
    return switch (choice.way(overRows, shape.extent(0), depth, shape.extent(1))) {
      case TILED -> tiled(a, transposeA, b, transposeB, shape, depth);
      case OUTER_PRODUCTS -> sumOfOuterProducts(a, b, shape);
      case DEFERRED -> workspace.deferred(shape, new DeferredProduct(a, true, b, false));
      case GENERAL -> general(a, transposeA, b, transposeB, shape);
    };
  }

  private CpuTensor tiled(
      CpuTensor a, boolean transposeA, CpuTensor b, boolean transposeB, Shape shape, int depth) {
    CpuTensor product = workspace.inArray(shape);
    tiledProduct.multiply(
        a.array(),
        transposeA,
        b.array(),
        transposeB,
        product.array(),
        shape.extent(0),
        depth,
        shape.extent(1));
    return product;
  }

  private CpuTensor sumOfOuterProducts(CpuTensor a, CpuTensor b, Shape shape) {
    CpuTensor sum = workspace.inArray(shape);
    OuterProductSum.compute(
        memory,
        a.array(),
        b.array(),
        sum.array(),
        a.shape().extent(0),
        shape.extent(0),
        shape.extent(1));
    return sum;
  }

  private CpuTensor general(
      CpuTensor a, boolean transposeA, CpuTensor b, boolean transposeB, Shape shape) {
    Matrix left = Matrix.of(a, transposeA);
    Matrix right = Matrix.of(b, transposeB);
    CpuTensor result = workspace.inNativeMemory(shape);
    Matrix product = Matrix.of(result, false);
    int batches = shape.rank() == 2 ? 1 : shape.extent(0);
    for (int n = 0; n < batches; n++) {
      Products.multiply(
          left.at(n * left.size()), right.at(n * right.size()), product.at(n * product.size()));
    }
    return result;
  }

  public CpuTensor sampleProductSum(CpuTensor u, CpuTensor a, CpuTensor v, CpuTensor b) {
    Shape shape = ShapeRules.sampleProductSum(u.shape(), a.shape(), v.shape(), b.shape());
    CpuTensor result = workspace.zeros(shape);
    int products = shape.extent(1) * shape.extent(2);
    boolean same = u == v && a == b;
    Matrix left = Matrix.of(u, false);
    Matrix right = Matrix.of(a, true);
    Matrix otherLeft = Matrix.of(v, false);
    Matrix otherRight = Matrix.of(b, true);
    workspace.scoped(
        () -> {
          CpuTensor product = workspace.inNativeMemory(Shape.of(shape.extent(1), shape.extent(2)));
          CpuTensor other = workspace.inNativeMemory(product.shape());
          float[] first = memory.takeArray(products);
          float[] second = memory.takeArray(products);
          float[] sum = memory.takeArray(products);
          for (int g = 0; g < shape.extent(0); g++) {
            Arrays.fill(sum, 0, products, 0f);
            for (int n = 0; n < u.shape().extent(0); n++) {
              long index = (long) n * shape.extent(0) + g;
              Products.multiply(
                  left.at(index * left.size()),
                  right.at(index * right.size()),
                  Matrix.of(product, false));
              product.pointer().get(first, 0, products);
              if (!same) {
                Products.multiply(
                    otherLeft.at(index * otherLeft.size()),
                    otherRight.at(index * otherRight.size()),
                    Matrix.of(other, false));
                other.pointer().get(second, 0, products);
              }
              Loops.accumulateProduct(first, same ? first : second, sum, 0, products);
            }
            System.arraycopy(sum, 0, result.array(), g * products, products);
          }
          memory.giveBack(first);
          memory.giveBack(second);
          memory.giveBack(sum);
        });
    return result;
  }

  public CpuTensor weightedSampleProduct(CpuTensor c, CpuTensor v, CpuTensor b, CpuTensor a) {
    Shape shape = ShapeRules.weightedSampleProduct(c.shape(), v.shape(), b.shape(), a.shape());
    CpuTensor result = workspace.inNativeMemory(shape);
    int products = c.shape().extent(1) * c.shape().extent(2);
    float[] weights = c.array();
    Matrix left = Matrix.of(v, false);
    Matrix right = Matrix.of(b, true);
    Matrix inputs = Matrix.of(a, false);
    Matrix target = Matrix.of(result, false);
    workspace.scoped(
        () -> {
          CpuTensor product =
              workspace.inNativeMemory(Shape.of(c.shape().extent(1), c.shape().extent(2)));
          float[] weighted = memory.takeArray(products);
          float[] weight = memory.takeArray(products);
          for (int g = 0; g < c.shape().extent(0); g++) {
            System.arraycopy(weights, g * products, weight, 0, products);
            for (int n = 0; n < shape.extent(0); n++) {
              long index = (long) n * shape.extent(1) + g;
              Products.multiply(
                  left.at(index * left.size()),
                  right.at(index * right.size()),
                  Matrix.of(product, false));
              product.pointer().get(weighted, 0, products);
              Loops.multiply(weighted, weight, weighted, 0, products);
              product.pointer().put(weighted, 0, products);
              Products.multiply(
                  Matrix.of(product, false),
                  inputs.at(index * inputs.size()),
                  target.at(index * target.size()));
            }
          }
          memory.giveBack(weighted);
          memory.giveBack(weight);
        });
    return result;
  }
}
