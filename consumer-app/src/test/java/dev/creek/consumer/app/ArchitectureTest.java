package dev.creek.consumer.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Keeps the application a thin shell around the library's facade. */
@AnalyzeClasses(
    packages = "dev.creek.consumer.app",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String ROOT = "dev.creek.consumer.app";

  @ArchTest
  static final ArchRule arrowsPointOneWay =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("process")
          .definedBy(ROOT)
          .layer("cli")
          .definedBy(ROOT + ".cli..")
          .layer("http")
          .definedBy(ROOT + ".http..")
          .layer("config")
          .definedBy(ROOT + ".config..")
          .layer("text")
          .definedBy(ROOT + ".text..")
          .whereLayer("process")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("cli")
          .mayOnlyBeAccessedByLayers("process")
          .whereLayer("http")
          .mayOnlyBeAccessedByLayers("process", "cli")
          .whereLayer("text")
          .mayNotAccessAnyLayer()
          .because(
              "what a verb does can then be tested without a process, and settings without a verb");

  @ArchTest
  static final ArchRule serversAreReachedThroughTheFacade =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.nats..", "io.r2dbc..", "org.postgresql..")
          .because("the application has no business with brokers and databases of its own");

  @ArchTest
  static final ArchRule onlyTheCommandLineKnowsItsParser =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + ".cli..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("picocli..")
          .because("settings come from elsewhere too");

  @ArchTest
  static final ArchRule onlyTheProcessKnowsHowItLogs =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ch.qos.logback..")
          .because("the others write to SLF4J");

  @ArchTest
  static final ArchRule metricsAreCountedWithOneLibrary =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName(ROOT + ".http.Exposition")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.micrometer..")
          .because(
              "what is counted here is written in Prometheus' own model, and Micrometer only adds what"
                  + " the JVM tells of itself");
}
