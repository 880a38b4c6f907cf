package org.samplegrad.datasets;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "org.samplegrad.datasets",
    importOptions = ImportOption.DoNotIncludeTests.class)
class DatasetsLayeringTest {
  private static final String DATASETS = "org.samplegrad.datasets";

  @ArchTest
  static final ArchRule ONLY_ONE_PACKAGE_KNOWS_SPARK =
      noClasses()
          .that()
          .resideOutsideOfPackage(DATASETS + ".spark..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.spark..", "scala..", DATASETS + ".spark..");

  @ArchTest
  static final ArchRule SOURCES_BUILD_ON_THE_FORMATS =
      noClasses()
          .that()
          .resideInAPackage(DATASETS)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(DATASETS + ".sources..");
}
