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

  @ArchTest static final ArchRule LAYERS = layers(CORE, PACKAGES);

  private static ArchRule layers(String root, List<String> names) {
    LayeredArchitecture layers =
        layeredArchitecture().consideringOnlyDependenciesInAnyPackage(root + ".");
    for (String name : names) {
      layers = layers.layer(name).definedBy(root + name + "..");
    }
    for (int i = 0; i < names.size(); i++) {
      String[] before = names.subList(0, i).toArray(String[]::new);
      layers =
          i == 0
              ? layers.whereLayer(names.get(i)).mayNotAccessAnyLayer()
              : layers.whereLayer(names.get(i)).mayOnlyAccessLayers(before);
    }
    return layers;
  }

  /** In the order of backend.cpu's package-info. */
  private static final List<String> PACKAGES_OF_CPU =
      List.of("kernels", "memory", "products", "pooling", "convolution", "elementwise");

  @ArchTest static final ArchRule LAYERS_OF_CPU = layers(CORE + "backend.cpu.", PACKAGES_OF_CPU);

  /** What is public there is so for the other packages of this backend. */
  @ArchTest
  static final ArchRule NOTHING_OUTSIDE_KNOWS_WHAT_BACKEND_CPU_IS_MADE_OF =
      noClasses()
          .that()
          .resideOutsideOfPackage(CORE + "backend.cpu..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage(CORE + "backend.cpu..");

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
