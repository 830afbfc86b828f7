package dev.creek.consumer;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;

/**
 * Keeps the arrows of docs/architecture.md pointing one way, so that each package can be read,
 * tested and replaced without the ones above it.
 */
@AnalyzeClasses(
    packages = "dev.creek.consumer",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String ROOT = "dev.creek.consumer";

  @ArchTest
  static final ArchRule arrowsPointOneWay =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("facade")
          .definedBy(ROOT)
          .layer("source")
          .definedBy(ROOT + ".source..")
          .layer("avro")
          .definedBy(ROOT + ".avro..")
          .layer("jetstream")
          .definedBy(ROOT + ".jetstream..")
          .layer("postgres")
          .definedBy(ROOT + ".postgres..")
          .layer("stream")
          .definedBy(ROOT + ".stream..")
          .layer("row")
          .definedBy(ROOT + ".row..")
          .layer("control")
          .definedBy(ROOT + ".control..")
          .layer("metrics")
          .definedBy(ROOT + ".metrics..")
          .layer("wire")
          .definedBy(ROOT + ".wire..")
          .layer("text")
          .definedBy(ROOT + ".text..")
          .layer("retry")
          .definedBy(ROOT + ".retry..")
          .whereLayer("facade")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("source")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("avro")
          .mayOnlyBeAccessedByLayers("source")
          .whereLayer("jetstream")
          .mayOnlyBeAccessedByLayers("facade", "source")
          .whereLayer("postgres")
          .mayOnlyBeAccessedByLayers("facade")
          .whereLayer("stream")
          .mayOnlyBeAccessedByLayers("facade", "source", "jetstream", "postgres")
          .whereLayer("row")
          .mayOnlyBeAccessedByLayers("facade", "stream", "postgres")
          .whereLayer("metrics")
          .mayOnlyBeAccessedByLayers("facade", "stream")
          .whereLayer("text")
          .mayNotAccessAnyLayer()
          .whereLayer("retry")
          .mayNotAccessAnyLayer()
          .because(
              "the data path is wire -> row -> stream -> broker and database -> facade; programs that read changes end it at source, by way of avro");

  @ArchTest
  static final ArchRule wordsForPeopleNeedOnlyTheJdk =
      classes()
          .that()
          .resideInAPackage(ROOT + ".text..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", "org.jspecify..", ROOT + ".text..")
          .because("every package may use them, and the application too");

  @ArchTest
  static final ArchRule thePublicFaceShowsNoneOfTheRooms =
      noClasses()
          .that()
          .resideInAPackage(ROOT + ".api")
          .should()
          .dependOnClassesThat(
              resideInAPackage(ROOT + "..")
                  .and(not(resideInAnyPackage(ROOT + ".api", ROOT + ".text"))))
          .because("a room may change without a change for programs that use the library");

  @ArchTest
  static final ArchRule roomsOfTheDatabaseLookDown =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("composer")
          .definedBy(ROOT + ".postgres")
          .layer("snapshot")
          .definedBy(ROOT + ".postgres.snapshot")
          .layer("verify")
          .definedBy(ROOT + ".postgres.verify")
          .layer("check")
          .definedBy(ROOT + ".postgres.check")
          .layer("definition")
          .definedBy(ROOT + ".postgres.definition")
          .layer("apply")
          .definedBy(ROOT + ".postgres.apply")
          .layer("schema")
          .definedBy(ROOT + ".postgres.schema")
          .layer("control")
          .definedBy(ROOT + ".postgres.control")
          .layer("position")
          .definedBy(ROOT + ".postgres.position")
          .layer("catalog")
          .definedBy(ROOT + ".postgres.catalog")
          .layer("session")
          .definedBy(ROOT + ".postgres.session")
          .whereLayer("composer")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("snapshot")
          .mayOnlyBeAccessedByLayers("composer")
          .whereLayer("check")
          .mayOnlyBeAccessedByLayers("composer")
          .whereLayer("definition")
          .mayOnlyBeAccessedByLayers("composer")
          .whereLayer("verify")
          .mayOnlyBeAccessedByLayers("composer", "snapshot")
          .whereLayer("apply")
          .mayOnlyBeAccessedByLayers("composer", "snapshot")
          .whereLayer("schema")
          .mayOnlyBeAccessedByLayers("composer", "snapshot", "apply")
          .whereLayer("control")
          .mayOnlyBeAccessedByLayers("composer", "snapshot", "apply", "schema", "verify", "check")
          .whereLayer("position")
          .mayOnlyBeAccessedByLayers("snapshot", "apply", "schema", "control")
          .whereLayer("catalog")
          .mayOnlyBeAccessedByLayers("snapshot", "apply", "schema", "control", "verify", "check")
          .whereLayer("session")
          .mayNotAccessAnyLayer()
          .because("a room is read and tested without the ones that use it");

  @ArchTest
  static final ArchRule roomsOfATableLookDown =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("pipeline")
          .definedBy(ROOT + ".stream.pipeline")
          .layer("snapshot")
          .definedBy(ROOT + ".stream.snapshot")
          .layer("group")
          .definedBy(ROOT + ".stream.group")
          .layer("batch")
          .definedBy(ROOT + ".stream.batch")
          .layer("ports")
          .definedBy(ROOT + ".stream")
          .whereLayer("pipeline")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("snapshot")
          .mayOnlyBeAccessedByLayers("pipeline")
          .whereLayer("group")
          .mayOnlyBeAccessedByLayers("pipeline")
          .whereLayer("batch")
          .mayOnlyBeAccessedByLayers("pipeline", "group")
          .whereLayer("ports")
          .mayNotAccessAnyLayer()
          .because("phases use batches, groups and snapshots, and none of them knows phases");

  @ArchTest
  static final ArchRule theWaysInWhichMessagesComeInLookDown =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("chooser")
          .definedBy(ROOT + ".jetstream")
          .layer("direct")
          .definedBy(ROOT + ".jetstream.direct")
          .layer("pull")
          .definedBy(ROOT + ".jetstream.pull")
          .whereLayer("chooser")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("direct")
          .mayOnlyBeAccessedByLayers("chooser")
          .whereLayer("pull")
          .mayNotAccessAnyLayer()
          .because("the reader chooses a way, and no way knows the reader or another way");

  @ArchTest
  static final ArchRule onlyOnePackageKnowsTheBroker =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + ".jetstream..")
          .and(not(belongToAnyOf(BrokerOptions.class)))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.nats..")
          .because(
              "the broker's client can then be replaced, and tests of the line need no broker");

  @ArchTest
  static final ArchRule onlyOnePackageKnowsTheDatabase =
      noClasses()
          .that()
          .resideOutsideOfPackages(ROOT + ".postgres..", ROOT + ".source..")
          .and(not(belongToAnyOf(DatabaseOptions.class)))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.r2dbc..", "org.postgresql..")
          .because("the driver can then be replaced, and tests of the line need no database");

  @ArchTest
  static final ArchRule aSourceKnowsAnyDatabaseByItsInterfaces =
      noClasses()
          .that()
          .resideInAPackage(ROOT + ".source..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.r2dbc.pool..", "io.r2dbc.postgresql..", "org.postgresql..")
          .because("positions are stored by the connections that a program has");

  @ArchTest
  static final ArchRule onlySourcesMakeObjectsOfRows =
      noClasses()
          .that()
          .resideOutsideOfPackages(ROOT + ".avro..", ROOT + ".source..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.apache.avro..")
          .because("what is applied to PostgreSQL goes from bytes to bytes");

  @ArchTest
  static final ArchRule theWireDoesNoInputOrOutput =
      noClasses()
          .that()
          .resideInAnyPackage(ROOT + ".wire..", ROOT + ".row..", ROOT + ".avro..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("reactor..", "java.net..", "java.nio.file..", "org.reactivestreams..")
          .because("bytes in, meaning out: the hot path is tested with bytes alone");
}
