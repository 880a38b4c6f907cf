package org.samplegrad.job.cli;

import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a constant of an enum by the label that its {@code toString} gives. */
final class LabelConverter<E extends Enum<E>> implements ITypeConverter<E> {
  private final Class<E> type;

  private LabelConverter(Class<E> type) {
    this.type = type;
  }

  @SafeVarargs
  static void register(CommandLine line, Class<? extends Enum<?>>... types) {
    for (Class<? extends Enum<?>> type : types) {
      registerOne(line, type);
    }
  }

  @SuppressWarnings({
    "unchecked",
    "rawtypes"
  }) // Class<? extends Enum<?>> has no name for its constant
  private static void registerOne(CommandLine line, Class type) {
    line.registerConverter(type, new LabelConverter(type));
  }

  @Override
  public E convert(String label) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> constant.toString().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'%s' is none of %s"
                        .formatted(
                            label,
                            Arrays.stream(type.getEnumConstants())
                                .map(E::toString)
                                .collect(Collectors.joining(", ")))));
  }
}
