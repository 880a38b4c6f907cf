package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BackendsTest {

  @Test
  void listsTheAutomaticChoiceFirstAndEveryProviderAfterIt() {
    assertThat(Backends.names())
        .startsWith(Backends.AUTO)
        .containsAll(
            ServiceLoader.load(BackendProvider.class).stream()
                .map(provider -> provider.get().name())
                .toList())
        .doesNotHaveDuplicates();
  }

  @Test
  void namesTheChoicesWhenThereIsNoSuchBackend() {
    assertThatExceptionOfType(BackendException.class)
        .isThrownBy(() -> Backends.open("abacus", Precision.FLOAT32))
        .withMessageContaining("'abacus'")
        .withMessageContaining(String.join(", ", Backends.names()));
  }

  @ParameterizedTest
  @EnumSource
  void opensEveryPrecisionAutomatically(Precision precision) {
    try (Backend backend = Backends.open(Backends.AUTO, precision)) {
      assertThat(backend.precision()).isEqualTo(precision);
      assertThat(Backends.names()).contains(backend.name());
    }
  }

  @ParameterizedTest
  @EnumSource
  void opensTheProviderNamedOrSaysWhichPrecisionsItOffers(Precision precision) {
    for (String name : Backends.names().subList(1, Backends.names().size())) {
      boolean offered =
          BackendConformance.choices()
              .anyMatch(
                  choice ->
                      choice.provider().name().equals(name) && choice.precision() == precision);
      if (offered) {
        try (Backend backend = Backends.open(name, precision)) {
          assertThat(backend.name()).isEqualTo(name);
          assertThat(backend.precision()).isEqualTo(precision);
        }
      } else {
        assertThatExceptionOfType(BackendException.class)
            .isThrownBy(() -> Backends.open(name, precision))
            .withMessageContaining(name)
            .withMessageContaining(precision.toString());
      }
    }
  }
}
