package io.penstock.gateway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The walls of the house: who may know whom. */
@AnalyzeClasses(packages = "io.penstock", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  private static final String GATEWAY = "io.penstock.gateway.";
  private static final List<String> STAGES =
      List.of(
          "accept",
          "authenticate",
          "classify",
          "expect",
          "admit",
          "cache",
          "choose",
          "capacity",
          "queue",
          "upstream",
          "relay",
          "account");

  @ArchTest
  static void stages_doNotKnowEachOther(JavaClasses classes) {
    for (var stage : STAGES) {
      noClasses()
          .that()
          .resideInAPackage(GATEWAY + stage + "..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(others(stage))
          .allowEmptyShould(true)
          .check(classes);
    }
  }

  private static String[] others(String stage) {
    var others = new ArrayList<String>();
    for (var other : STAGES) {
      if (!other.equals(stage)) {
        others.add(GATEWAY + other + "..");
      }
    }
    others.add(GATEWAY + "admin..");
    others.add(GATEWAY + "cli..");
    others.add("io.penstock.gateway");
    return others.toArray(String[]::new);
  }

  @ArchTest
  static final ArchRule call_knowsNoStage =
      classes()
          .that()
          .resideInAPackage("io.penstock.gateway.call..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "io.penstock.gateway.call..",
              "io.penstock.config..",
              "java.lang..",
              "java.time..",
              "java.util..",
              "java.net..",
              "org.jspecify..");

  @ArchTest
  static final ArchRule planner_knowsTheJdkAlone_withoutFilesNetworkOrThreads =
      classes()
          .that()
          .resideInAPackage("io.penstock.planner..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "io.penstock.planner..",
              "java.lang",
              "java.lang.annotation..",
              "java.lang.invoke..",
              "java.lang.runtime..",
              "java.util",
              "java.util.function..",
              "java.util.stream..",
              "java.util.random..",
              "java.util.regex..",
              "java.text..",
              "java.math..",
              "java.time..",
              "org.jspecify..");

  @ArchTest
  static final ArchRule planner_readsNoClock =
      noClasses()
          .that()
          .resideInAPackage("io.penstock.planner..")
          .should()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(Instant.class, "now")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.time.Clock");

  @ArchTest
  static final ArchRule onlyTheEdges_speakHttp =
      noClasses()
          .that()
          .resideInAnyPackage(
              GATEWAY + "call..",
              GATEWAY + "authenticate..",
              GATEWAY + "classify..",
              GATEWAY + "admit..",
              GATEWAY + "account..",
              GATEWAY + "cache..",
              GATEWAY + "choose..",
              GATEWAY + "cost..",
              GATEWAY + "dryrun..",
              "io.penstock.config..",
              "io.penstock.planner..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.vertx.core.http..", "io.netty.handler.codec.http..", "java.net.http..");

  @ArchTest
  static final ArchRule nobody_knowsTheCommandLineButMain =
      noClasses()
          .that()
          .resideOutsideOfPackage(GATEWAY + "cli..")
          .and()
          .doNotHaveFullyQualifiedName("io.penstock.gateway.Main")
          .should()
          .dependOnClassesThat()
          .resideInAPackage(GATEWAY + "cli..");

  @ArchTest
  static final ArchRule modules_pointOneWay =
      SlicesRuleDefinition.slices().matching("io.penstock.(*)..").should().beFreeOfCycles();
}
