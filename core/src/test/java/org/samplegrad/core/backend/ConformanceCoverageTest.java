package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ConformanceCoverageTest {

  @Test
  void everyMethodOfABackendHasACase() {
    Set<String> methods =
        Arrays.stream(Backend.class.getMethods())
            .map(ConformanceCoverageTest::signature)
            .collect(Collectors.toSet());

    Set<String> tested =
        new ClassFileImporter()
            .importPackagesOf(BackendConformance.class).stream()
                .filter(type -> type.isAssignableTo(BackendConformance.class))
                .map(JavaClass::reflect)
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> method.isAnnotationPresent(ConformanceCase.class))
                .map(method -> method.getAnnotation(ConformanceCase.class).value())
                .collect(Collectors.toSet());

    assertThat(tested).containsExactlyInAnyOrderElementsOf(methods);
  }

  @Test
  void everyCaseRunsOnAtLeastOneBackendInEachPrecision() {
    assertThat(BackendConformance.choices())
        .extracting(BackendConformance.Choice::precision)
        .contains(Precision.values());
  }

  private static String signature(Method method) {
    return Arrays.stream(method.getParameterTypes())
        .map(Class::getSimpleName)
        .collect(Collectors.joining(",", method.getName() + "(", ")"));
  }
}
