package org.samplegrad.job;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "org.samplegrad",
    importOptions = {ImportOption.DoNotIncludeTests.class, JobLayeringTest.NoTestJars.class})
class JobLayeringTest {
  /** Tests of the other modules come as jars. */
  static final class NoTestJars implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }

  private static final String JOB = "org.samplegrad.job";

  @ArchTest
  static final ArchRule LAYERS =
      layeredArchitecture()
          .consideringOnlyDependenciesInAnyPackage("org.samplegrad..")
          .layer("core")
          .definedBy("org.samplegrad.core..")
          .layer("datasets")
          .definedBy("org.samplegrad.datasets..")
          .layer("failures")
          .definedBy(JOB + ".failures")
          .layer("data")
          .definedBy(JOB + ".data")
          .layer("distributed")
          .definedBy(JOB + ".distributed")
          .layer("output")
          .definedBy(JOB + ".output")
          .layer("cli")
          .definedBy(JOB + ".cli")
          .layer("main")
          .definedBy(JOB)
          .whereLayer("datasets")
          .mayOnlyAccessLayers("core")
          .whereLayer("failures")
          .mayOnlyAccessLayers("core", "datasets")
          .whereLayer("data")
          .mayOnlyAccessLayers("core", "datasets", "failures")
          .whereLayer("distributed")
          .mayOnlyAccessLayers("core", "datasets", "failures")
          .whereLayer("output")
          .mayOnlyAccessLayers("core", "datasets", "failures", "distributed")
          .whereLayer("main")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("cli")
          .mayOnlyBeAccessedByLayers("main");

  /** As core's own layering test says of core. */
  @ArchTest
  static final ArchRule NOTHING_KNOWS_WHAT_BACKEND_CPU_IS_MADE_OF =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.samplegrad.core.backend.cpu..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.samplegrad.core.backend.cpu..");

  @ArchTest
  static final ArchRule THE_PASSES_KNOW_NO_FUNCTIONAL =
      noClasses()
          .that()
          .resideInAPackage(JOB + ".distributed")
          .should()
          .dependOnClassesThat()
          .haveSimpleName("StandardFunctional");

  @ArchTest
  static final ArchRule NOTHING_IS_DESERIALISED_FROM_DATA =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.io.ObjectInputStream");
}
