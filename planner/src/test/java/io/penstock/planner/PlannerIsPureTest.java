package io.penstock.planner;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class PlannerIsPureTest {
  private static final JavaClasses PLANNER =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.penstock.planner");

  @Test
  void planner_doesNoInputOrOutput() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.io..", "java.nio..", "java.net..", "java.util.logging..")
        .check(PLANNER);
  }

  @Test
  void planner_readsNoClock() {
    noClasses().should().callMethod(System.class, "nanoTime").check(PLANNER);
    noClasses().should().callMethod(System.class, "currentTimeMillis").check(PLANNER);
    noClasses().should().dependOnClassesThat().resideInAPackage("java.time..").check(PLANNER);
  }
}
