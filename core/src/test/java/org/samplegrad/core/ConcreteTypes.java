package org.samplegrad.core;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.stream.Collectors;

/** The classes of a package that a contract test must have cases for. */
public final class ConcreteTypes {
  private ConcreteTypes() {}

  /** The names of those beside an interface that implement it. */
  public static Set<String> of(Class<?> contract) {
    return new ClassFileImporter()
        .withImportOption(new ImportOption.DoNotIncludeTests()).importPackagesOf(contract).stream()
            .filter(type -> type.isAssignableTo(contract) && !type.isInterface())
            .filter(type -> !type.getModifiers().contains(JavaModifier.ABSTRACT))
            .map(JavaClass::getName)
            .collect(Collectors.toSet());
  }
}
