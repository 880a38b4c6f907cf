package org.samplegrad.core.backend.nd4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.NaiveArray;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.layers.Activation;
import org.samplegrad.core.layers.Convolution;
import org.samplegrad.core.layers.Flatten;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.layers.MaxPool;
import org.samplegrad.core.losses.CrossEntropy;
import org.samplegrad.core.losses.Targets;
import org.samplegrad.core.ops.Elementwise;
import org.samplegrad.core.ops.Shapes;

/** Closing a scope frees its tensors at once, whatever the garbage collector does. */
class MemoryStaysFlatTest {
  /** Evaluations after which the native library and the virtual machine have settled. */
  private static final int WARM_UP = 200;

  private static final int EVALUATIONS = 1000;

  /**
   * Memory is looked at after each stretch: what leaks does so in every one of them, while the
   * virtual machine takes memory of its own now and then.
   */
  private static final int STRETCH = 250;

  private static final long MEBIBYTE = 1 << 20;

  /** One evaluation makes more than 2 MiB of tensors, so one in fifty kept would show. */
  private static final long STRETCH_MARGIN = 10 * MEBIBYTE;

  private static final long NATIVE_MARGIN = 40 * MEBIBYTE;

  private static final long HEAP_MARGIN = 4 * MEBIBYTE;

  private static long usedHeap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Test
  void aThousandEvaluationsInScopesLeaveMemoryFlat() {
    try (Backend backend = new Nd4jBackendProvider().open(Precision.FLOAT32)) {
      Network network = new Network(backend);
      evaluate(network, backend, WARM_UP);
      long heapGrowth = Long.MAX_VALUE;
      long physicalGrowth = Long.MAX_VALUE;
      for (int done = 0; done < EVALUATIONS; done += STRETCH) {
        long heap = usedHeap();
        long physical = Pointer.physicalBytes();
        evaluate(network, backend, STRETCH);
        heapGrowth = Math.min(heapGrowth, usedHeap() - heap);
        physicalGrowth = Math.min(physicalGrowth, Pointer.physicalBytes() - physical);
      }

      assertThat(heapGrowth).isLessThan(HEAP_MARGIN);
      assertThat(physicalGrowth).isLessThan(STRETCH_MARGIN);
    }
  }

  /** Collects garbage now and then, lest an idle heap count as memory of the process. */
  private static void evaluate(Network network, Backend backend, int times) {
    double first = backend.scoped(network::evaluate);
    for (int i = 1; i < times; i++) {
      assertThat(backend.scoped(network::evaluate)).isEqualTo(first);
      if (i % WARM_UP == 0) {
        System.gc();
      }
    }
  }

  @Test
  void aScopeFreesTensorsThatAreStillReachable() {
    int tensors = 64;
    Shape shape = Shape.of((int) MEBIBYTE);
    List<Tensor> reachable = new ArrayList<>();
    try (Backend backend = new Nd4jBackendProvider().open(Precision.FLOAT32)) {
      backend.scoped(() -> backend.toDoubles(backend.fill(shape, 1)).length);
      System.gc();
      long physical = Pointer.physicalBytes();
      for (int i = 0; i < tensors; i++) {
        backend.scoped(() -> reachable.add(backend.fill(shape, 1)));
      }

      assertThat(Pointer.physicalBytes() - physical).isLessThan(NATIVE_MARGIN);
      assertThat(reachable).hasSize(tensors);
    }
  }

  /** One block of a small convolutional network, evaluated with double backward. */
  private static final class Network {
    private static final int SAMPLES = 16;
    private static final Window KERNEL = Window.ofKernel(3, 3);
    private static final Window PAIRS = Window.ofKernel(2, 2).withStride(2);
    private static final int SIDE = 14;
    private static final int CHANNELS = 4;
    private static final int FEATURES = CHANNELS * 6 * 6;
    private static final int CLASSES = 3;

    private final Convolution convolution = new Convolution(1, CHANNELS, KERNEL, 1, true);
    private final MaxPool pool = new MaxPool(PAIRS);
    private final Linear linear = new Linear(FEATURES, CLASSES, true);
    private final Variable input;
    private final List<Variable> parameters;
    private final Targets targets = new Targets(new double[SAMPLES], 1);

    Network(Backend backend) {
      Random random = new Random(17);
      input = Variable.constant(NaiveArray.random(random, SAMPLES, 1, SIDE, SIDE).on(backend));
      parameters =
          List.of(
              Variable.leaf(NaiveArray.random(random, CHANNELS, 1, 3, 3).on(backend)),
              Variable.leaf(NaiveArray.random(random, CHANNELS).on(backend)),
              Variable.leaf(NaiveArray.random(random, CLASSES, FEATURES).on(backend)),
              Variable.leaf(NaiveArray.random(random, CLASSES).on(backend)));
    }

    double evaluate() {
      Variable convolved = convolution.forward(parameters.subList(0, 2), input);
      Variable pooled = pool.forward(List.of(), Activation.RELU.forward(List.of(), convolved));
      Variable features = new Flatten().forward(List.of(), pooled);
      Variable scores = linear.forward(parameters.subList(2, 4), features);
      Variable loss = Shapes.sumAll(new CrossEntropy().losses(scores, targets));
      List<Variable> outputGradients = Gradients.of(loss, List.of(convolved, scores));
      Variable squares =
          Elementwise.add(
              Shapes.sumAll(
                  convolution
                      .perSampleGradients(input, outputGradients.get(0))
                      .get(0)
                      .squaredSum()),
              Shapes.sumAll(
                  linear.perSampleGradients(features, outputGradients.get(1)).get(0).squaredSum()));
      return Gradients.constantsOf(squares, parameters).stream()
          .mapToDouble(gradient -> Shapes.sumAll(gradient).item())
          .sum();
    }
  }
}
