package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

class CreationConformanceTest extends BackendConformance {
  private static final Shape SHAPE = Shape.of(2, 3);

  CreationConformanceTest(Choice choice) {
    super(choice);
  }

  @ConformanceCase("name()")
  void carriesTheNameOfItsProvider() {
    assertThat(backend.name()).isEqualTo(choice.provider().name());
  }

  @ConformanceCase("precision()")
  void computesInThePrecisionAskedFor() {
    double belowFloat32 = 1 + Math.ulp(1.0);

    double stored = backend.toDoubles(backend.fill(Shape.scalar(), belowFloat32))[0];

    assertThat(backend.precision()).isEqualTo(choice.precision());
    assertThat(stored == belowFloat32).isEqualTo(choice.precision() == Precision.FLOAT64);
  }

  @ConformanceCase("tensor(Shape,float[])")
  void holdsACopyOfFloats() {
    float[] values = {1, -2, 3.5f, Float.NaN, Float.NEGATIVE_INFINITY, -0.0f};

    Tensor tensor = backend.tensor(SHAPE, values);
    values[0] = 99;

    assertThat(tensor.shape()).isEqualTo(SHAPE);
    assertThat(tensor.backend()).isSameAs(backend);
    assertValues(tensor, 1, -2, 3.5, Double.NaN, Double.NEGATIVE_INFINITY, -0.0);
    assertRefused(() -> backend.tensor(SHAPE, new float[5]));
  }

  @ConformanceCase("tensor(Shape,double[])")
  void holdsACopyOfDoubles() {
    double[] values = {1, -2, 3.5, Double.NaN, Double.POSITIVE_INFINITY, -0.0};

    Tensor tensor = backend.tensor(SHAPE, values);
    values[0] = 99;

    assertThat(tensor.shape()).isEqualTo(SHAPE);
    assertValues(tensor, 1, -2, 3.5, Double.NaN, Double.POSITIVE_INFINITY, -0.0);
    assertRefused(() -> backend.tensor(SHAPE, new double[7]));
  }

  @ConformanceCase("tensor(Shape,byte[],float[])")
  void decodesUnsignedBytes() {
    float[] lookupTable = new float[256];
    for (int code = 0; code < lookupTable.length; code++) {
      lookupTable[code] = code - 0.5f;
    }
    byte[] bytes = {0, 1, 127, -128, -1, 2};

    Tensor tensor = backend.tensor(SHAPE, bytes, lookupTable);

    assertThat(tensor.shape()).isEqualTo(SHAPE);
    assertValues(tensor, -0.5, 0.5, 126.5, 127.5, 254.5, 1.5);
    assertRefused(() -> backend.tensor(SHAPE, new byte[7], lookupTable));
  }

  /** On a line, as those of an image with its mean and spread taken out, and on none. */
  @ConformanceCase("tensor(Shape,byte[],float[])")
  void decodesEveryByte() {
    byte[] bytes = new byte[259];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    for (DoubleUnaryOperator meaning :
        List.<DoubleUnaryOperator>of(
            code -> (code / 255 - 0.1307) / 0.3081, code -> -code / 255, code -> code * code)) {
      float[] lookupTable = new float[256];
      double[] expected = new double[bytes.length];
      for (int i = 0; i < bytes.length; i++) {
        lookupTable[i & 0xff] = (float) meaning.applyAsDouble(i & 0xff);
        expected[i] = lookupTable[i & 0xff];
      }
      assertEqual(
          backend.tensor(Shape.of(bytes.length), bytes, lookupTable),
          NaiveArray.of(Shape.of(bytes.length), expected));
    }
  }

  @ConformanceCase("tensor(Shape,double[])")
  void aScalarAndOneElementDifferInShapeOnly() {
    for (Shape shape : List.of(Shape.scalar(), Shape.of(1), Shape.of(1, 1, 1))) {
      Tensor tensor = backend.tensor(shape, new double[] {0.5});
      assertThat(tensor.shape()).isEqualTo(shape);
      assertValues(tensor, 0.5);
    }
  }

  @ConformanceCase("fill(Shape,double)")
  void fillsWithOneValue() {
    Tensor tensor = backend.fill(SHAPE, -1.25);

    assertThat(tensor.shape()).isEqualTo(SHAPE);
    assertValues(tensor, -1.25, -1.25, -1.25, -1.25, -1.25, -1.25);
    assertValues(backend.fill(Shape.scalar(), 3), 3);
  }

  @ConformanceCase("toDoubles(Tensor)")
  void readsANewArrayEachTime() {
    Tensor tensor = input(SHAPE, 1, 2, 3, 4, 5, 6);

    backend.toDoubles(tensor)[0] = 99;

    assertValues(tensor, 1, 2, 3, 4, 5, 6);
    assertValues(backend.transpose(tensor, 1, 0), 1, 4, 2, 5, 3, 6);
  }

  @ConformanceCase("addTo(Tensor,double[],int)")
  void addsToTotalsFromTheOffset() {
    double[] totals = {10, 20, 30, 40};

    backend.addTo(input(Shape.of(2), 0.5, -1), totals, 1);

    assertThat(totals).containsExactly(10, 20.5, 29, 40);
  }

  @ConformanceCase("addTo(Tensor,double[],int)")
  void totalsKeepMoreDigitsThanFloat32() {
    double[] totals = {0x1p30};

    backend.addTo(input(Shape.of(1), 1), totals, 0);

    assertThat(totals).containsExactly(0x1p30 + 1);
  }

  @ConformanceCase("openScope()")
  void scopesNestAndFreeOnlyTheirOwnTensors() {
    Tensor outside = backend.fill(SHAPE, 1);
    Scope outer = backend.openScope();
    Tensor inOuter = backend.scale(outside, 2);
    Scope inner = backend.openScope();
    Tensor inInner = backend.add(outside, inOuter);
    assertValues(inInner, 3, 3, 3, 3, 3, 3);

    inner.close();
    assertValues(inOuter, 2, 2, 2, 2, 2, 2);
    assertThatThrownBy(() -> backend.toDoubles(inInner)).isInstanceOf(IllegalStateException.class);

    outer.close();
    assertValues(outside, 1, 1, 1, 1, 1, 1);
    assertThatThrownBy(() -> backend.toDoubles(inOuter)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> backend.add(outside, inOuter))
        .isInstanceOf(IllegalStateException.class);
  }

  @ConformanceCase("openScope()")
  void aViewDiesWithItsScopeAndLeavesTheOriginalAlive() {
    Tensor original = input(SHAPE, 1, 2, 3, 4, 5, 6);
    Scope scope = backend.openScope();
    backend.reshape(original, Shape.of(6));
    backend.sum(original);
    backend.transpose(original, 0, 1);
    backend.broadcastTo(original, SHAPE);

    scope.close();

    assertValues(original, 1, 2, 3, 4, 5, 6);
  }

  @ConformanceCase("openScope()")
  void scopesCloseInReverseOrderOnly() {
    Scope outer = backend.openScope();
    Scope inner = backend.openScope();

    assertThatThrownBy(outer::close).isInstanceOf(IllegalStateException.class);

    inner.close();
    outer.close();
  }

  @ConformanceCase("scoped(Supplier)")
  void scopedWorkFreesWhatItMadeAndReturnsItsResult() {
    List<Tensor> made = new ArrayList<>();

    double result =
        backend.scoped(
            () -> {
              made.add(backend.fill(Shape.scalar(), 7));
              return backend.toDoubles(made.get(0))[0];
            });

    assertThat(result).isEqualTo(7);
    assertThatThrownBy(() -> backend.toDoubles(made.get(0)))
        .isInstanceOf(IllegalStateException.class);
  }

  @ConformanceCase("scoped(Supplier)")
  void scopedWorkThatFailsClosesItsScope() {
    Scope outer = backend.openScope();

    assertThatThrownBy(
            () ->
                backend.scoped(
                    () -> {
                      throw new ArithmeticException("on purpose");
                    }))
        .isInstanceOf(ArithmeticException.class);

    outer.close();
  }

  @ConformanceCase("close()")
  void closingFreesWhatIsStillHeld() {
    Backend other = choice.provider().open(choice.precision());
    Tensor held = other.fill(SHAPE, 1);
    other.openScope();
    Tensor inScope = other.fill(SHAPE, 2);

    other.close();

    assertThatThrownBy(() -> other.toDoubles(held)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> other.toDoubles(inScope)).isInstanceOf(IllegalStateException.class);
  }

  @ConformanceCase("add(Tensor,Tensor)")
  void refusesATensorOfAnotherBackend() {
    for (Precision precision : choice.provider().precisions()) {
      try (Backend other = choice.provider().open(precision)) {
        Tensor foreign = other.fill(SHAPE, 1);
        assertRefused(() -> backend.add(backend.fill(SHAPE, 1), foreign));
        assertRefused(() -> backend.toDoubles(foreign));
      }
    }
  }
}
