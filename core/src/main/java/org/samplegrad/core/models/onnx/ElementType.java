package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/** The types of numbers that tensors of a file may hold, as bytes or as fields of a message. */
enum ElementType {
  FLOAT(4, TensorProto::getFloatDataCount) {
    @Override
    double real(ByteBuffer buffer) {
      return buffer.getFloat();
    }

    @Override
    double real(TensorProto tensor, int index) {
      return tensor.getFloatData(index);
    }

    @Override
    long bits(TensorProto tensor, int index) {
      return Float.floatToRawIntBits(tensor.getFloatData(index));
    }
  },

  DOUBLE(8, TensorProto::getDoubleDataCount) {
    @Override
    double real(ByteBuffer buffer) {
      return buffer.getDouble();
    }

    @Override
    double real(TensorProto tensor, int index) {
      return tensor.getDoubleData(index);
    }

    @Override
    long bits(TensorProto tensor, int index) {
      return Double.doubleToRawLongBits(tensor.getDoubleData(index));
    }
  },

  FLOAT16(2, TensorProto::getInt32DataCount) {
    @Override
    double real(ByteBuffer buffer) {
      return ofHalf(buffer.getShort());
    }

    @Override
    double real(TensorProto tensor, int index) {
      return ofHalf(tensor.getInt32Data(index));
    }

    @Override
    long bits(TensorProto tensor, int index) {
      return tensor.getInt32Data(index);
    }
  },

  BFLOAT16(2, TensorProto::getInt32DataCount) {
    @Override
    double real(ByteBuffer buffer) {
      return Float.intBitsToFloat(buffer.getShort() << 16);
    }

    @Override
    double real(TensorProto tensor, int index) {
      return Float.intBitsToFloat(tensor.getInt32Data(index) << 16);
    }

    @Override
    long bits(TensorProto tensor, int index) {
      return tensor.getInt32Data(index);
    }
  },

  INT64(8, TensorProto::getInt64DataCount) {
    @Override
    long integer(ByteBuffer buffer) {
      return buffer.getLong();
    }

    @Override
    long integer(TensorProto tensor, int index) {
      return tensor.getInt64Data(index);
    }
  },

  INT32(4, TensorProto::getInt32DataCount) {
    @Override
    long integer(ByteBuffer buffer) {
      return buffer.getInt();
    }

    @Override
    long integer(TensorProto tensor, int index) {
      return tensor.getInt32Data(index);
    }
  },

  BOOL(1, TensorProto::getInt32DataCount) {
    @Override
    long integer(ByteBuffer buffer) {
      return buffer.get();
    }

    @Override
    long integer(TensorProto tensor, int index) {
      return tensor.getInt32Data(index);
    }
  };

  private final int bytes;
  private final ToIntFunction<TensorProto> fieldCount;

  ElementType(int bytes, ToIntFunction<TensorProto> fieldCount) {
    this.bytes = bytes;
    this.fieldCount = fieldCount;
  }

  /**
   * @param code as in a file
   * @throws IllegalArgumentException if numbers of this type are not taken
   */
  static ElementType of(int code) {
    TensorProto.DataType found = TensorProto.DataType.forNumber(code);
    return Arrays.stream(values())
        .filter(type -> found != null && type.name().equals(found.name()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "has the element type %s; taken are %s"
                        .formatted(
                            found == null ? code : found,
                            Arrays.stream(values())
                                .map(ElementType::name)
                                .collect(Collectors.joining(", ")))));
  }

  int bytes() {
    return bytes;
  }

  boolean isInteger() {
    return this == INT64 || this == INT32 || this == BOOL;
  }

  /** How many numbers the fields of a message hold. */
  int fieldCount(TensorProto tensor) {
    return fieldCount.applyAsInt(tensor);
  }

  double real(ByteBuffer buffer) {
    return integer(buffer);
  }

  double real(TensorProto tensor, int index) {
    return integer(tensor, index);
  }

  long integer(ByteBuffer buffer) {
    throw new IllegalStateException(this + " is no integer type");
  }

  long integer(TensorProto tensor, int index) {
    throw new IllegalStateException(this + " is no integer type");
  }

  /** The bits of a number in a field of a message, as they stand in bytes. */
  long bits(TensorProto tensor, int index) {
    return integer(tensor, index);
  }

  /** The numbers in the fields of a message as the bytes that they would be. */
  byte[] littleEndian(TensorProto tensor, int count) {
    byte[] result = new byte[Math.multiplyExact(count, bytes)];
    for (int i = 0; i < count; i++) {
      long bits = bits(tensor, i);
      for (int place = 0; place < bytes; place++) {
        result[i * bytes + place] = (byte) (bits >>> 8 * place);
      }
    }
    return result;
  }

  /** IEEE 754 binary16: one sign bit, five exponent bits, ten bits of fraction. */
  private static double ofHalf(int bits) {
    int exponent = bits >> 10 & 0x1f;
    int fraction = bits & 0x3ff;
    double size;
    if (exponent == 0x1f) {
      size = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
    } else if (exponent == 0) {
      size = Math.scalb((double) fraction, -24);
    } else {
      size = Math.scalb((double) (fraction | 0x400), exponent - 25);
    }
    return (bits & 0x8000) == 0 ? size : -size;
  }
}
