package org.samplegrad.core;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.util.List;

@AnalyzeClasses(
    packages = "org.samplegrad.core",
    importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {
  private static final String CORE = "org.samplegrad.core.";

  /** In the order of ARCHITECTURE.md: a package knows those before it only. */
  private static final List<String> PACKAGES =
      List.of(
          "backend",
          "autograd",
          "ops",
          "persample",
          "layers",
          "losses",
          "parameters",
          "moments",
          "models",
          "passes");

  @ArchTest static final ArchRule LAYERS = layers();

  private static ArchRule layers() {
    LayeredArchitecture layers =
        layeredArchitecture().consideringOnlyDependenciesInAnyPackage("org.samplegrad.core..");
    for (String name : PACKAGES) {
      layers = layers.layer(name).definedBy(CORE + name + "..");
    }
    for (int i = 0; i < PACKAGES.size(); i++) {
      String[] before = PACKAGES.subList(0, i).toArray(String[]::new);
      layers =
          i == 0
              ? layers.whereLayer(PACKAGES.get(i)).mayNotAccessAnyLayer()
              : layers.whereLayer(PACKAGES.get(i)).mayOnlyAccessLayers(before);
    }
    return layers;
  }

  @ArchTest
  static final ArchRule ONLY_ITS_BACKEND_KNOWS_ND4J = onlyIn("backend.nd4j", "org.nd4j..");

  @ArchTest
  static final ArchRule ONLY_ITS_BACKEND_KNOWS_OPENBLAS =
      onlyIn("backend.cpu", "org.bytedeco.openblas..");

  @ArchTest static final ArchRule ONLY_THE_IMPORT_KNOWS_ONNX = onlyIn("models.onnx", "ai.onnx..");

  private static ArchRule onlyIn(String ours, String theirs) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(CORE + ours + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(theirs);
  }

  @ArchTest
  static final ArchRule NOTHING_KNOWS_SPARK =
      noClasses().should().dependOnClassesThat().resideInAPackage("org.apache.spark..");

  @ArchTest
  static final ArchRule NOTHING_IS_DESERIALISED_FROM_DATA =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.io.ObjectInputStream");
}
