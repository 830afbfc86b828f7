package dev.creek.consumer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.GoldenCapture;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SubjectsTest {
  private static final SourceTable TABLE = new SourceTable("golden", "app", "scalars");

  @Test
  void theOldGenerationSharesItsStreamsBetweenDatabases() {
    var subjects = new Subjects(Generation.OLD, "CREEK");
    assertThat(subjects.walStream("golden")).isEqualTo("CREEK_wal");
    assertThat(subjects.schemaStream("golden")).isEqualTo("CREEK_schema");
    assertThat(subjects.snapshotStream("golden")).isEqualTo("CREEK_snap");
    assertThat(subjects.walSubject(TABLE)).isEqualTo("CREEK.golden.wal.app.scalars");
    assertThat(subjects.schemaSubject(TABLE)).isEqualTo("CREEK.golden.schema.app.scalars");
    assertThat(subjects.snapshotSubjects(TABLE)).isEqualTo("CREEK.golden.snap.app.scalars.*");
    assertThat(subjects.schemaRequest("golden")).isEqualTo("CREEK._schema");
    assertThat(subjects.snapshotRequest("golden")).isEqualTo("CREEK._snapshot");
  }

  @Test
  void theNewGenerationHasStreamsPerDatabase() {
    var subjects = new Subjects(Generation.NEW, "CREEK");
    assertThat(subjects.walStream("golden")).isEqualTo("CREEK_wal_golden");
    assertThat(subjects.schemaStream("golden")).isEqualTo("CREEK_schema_golden");
    assertThat(subjects.snapshotStream("golden")).isEqualTo("CREEK_snap_golden");
    assertThat(subjects.walSubject(TABLE)).isEqualTo("CREEK_wal_golden.app.scalars");
    assertThat(subjects.schemaSubject(TABLE)).isEqualTo("CREEK_schema_golden.app.scalars");
    assertThat(subjects.snapshotSubjects(TABLE)).isEqualTo("CREEK_snap_golden.app.scalars.*");
    assertThat(subjects.schemaRequest("golden")).isEqualTo("CREEK_schema_golden");
    assertThat(subjects.snapshotRequest("golden")).isEqualTo("CREEK_snap_golden");
  }

  @ParameterizedTest
  @EnumSource
  void theCapturesUseTheseNames(Generation generation) {
    var subjects = new Subjects(generation, GoldenCapture.NAMESPACE);
    var capture = new GoldenCapture(generation);
    assertThat(capture.wal())
        .allSatisfy(m -> assertThat(m.stream()).isEqualTo(subjects.walStream("golden")))
        .anySatisfy(m -> assertThat(m.subject()).isEqualTo(subjects.walSubject(TABLE)));
    assertThat(capture.schemas())
        .allSatisfy(m -> assertThat(m.stream()).isEqualTo(subjects.schemaStream("golden")))
        .anySatisfy(m -> assertThat(m.subject()).isEqualTo(subjects.schemaSubject(TABLE)));
    String snapshots = subjects.snapshotSubjects(TABLE);
    assertThat(capture.snapshots())
        .allSatisfy(m -> assertThat(m.stream()).isEqualTo(subjects.snapshotStream("golden")))
        .anySatisfy(
            m ->
                assertThat(m.subject()).startsWith(snapshots.substring(0, snapshots.length() - 1)));
  }

  @ParameterizedTest
  @EnumSource
  void aSnapshotIsKnownByItsNameInEitherGeneration(Generation generation) {
    String any = new Subjects(generation, "CREEK").snapshotSubjects(TABLE);
    String subject = any.replace("*", "20261122055212_749016_a1d6");
    assertThat(Subjects.ofSnapshot("CREEK", TABLE, subject).generation()).isEqualTo(generation);
    for (String other :
        List.of(any, subject + ".x", subject.replace("scalars", "scalar"), subject + " ", "")) {
      assertThatThrownBy(() -> Subjects.ofSnapshot("CREEK", TABLE, other))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is no snapshot of golden.app.scalars")
          .hasMessageContaining(any);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", "a\tb", "a\u0000b", "a*", "*", ">", "a.b", "."})
  void refusesNamesThatAreNoSubjectToken(String name) {
    for (var generation : Generation.values()) {
      var subjects = new Subjects(generation, "CREEK");
      refuses("namespace", () -> new Subjects(generation, name));
      refuses("database", () -> subjects.walStream(name));
      refuses("database", () -> subjects.walSubject(new SourceTable(name, "app", "t")));
      refuses("schema", () -> subjects.schemaSubject(new SourceTable("golden", name, "t")));
      refuses("table", () -> subjects.snapshotSubjects(new SourceTable("golden", "app", name)));
    }
  }

  private static void refuses(String what, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(what + " name '")
        .hasMessageContaining("cannot be addressed on the wire");
  }
}
