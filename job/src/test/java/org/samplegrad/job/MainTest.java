package org.samplegrad.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  private static final int CLASS_FILE_MARK = 0xCAFEBABE;

  /** Of class files that Java 8 loads. */
  private static final int VERSION_OF_JAVA_8 = 52;

  @Test
  void anOldJavaCanLoadTheLauncher() throws IOException {
    try (DataInputStream file = new DataInputStream(Main.class.getResourceAsStream("Main.class"))) {
      assertThat(file.readInt()).isEqualTo(CLASS_FILE_MARK);
      file.readUnsignedShort();
      assertThat(file.readUnsignedShort()).isEqualTo(VERSION_OF_JAVA_8);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.8", "9", "11", "16"})
  void anOldJavaIsTold(String version) {
    assertThat(Main.problem(version))
        .contains("needs Java 17", "this is Java " + version.replace("1.8", "8") + ":", "JAVA_HOME")
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"17", "21", "25"})
  void aNewJavaIsNot(String version) {
    assertThat(Main.problem(version)).isNull();
  }
}
