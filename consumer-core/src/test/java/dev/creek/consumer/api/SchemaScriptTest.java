package dev.creek.consumer.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.SchemaDifference.Kind;
import dev.creek.consumer.api.SchemaDifference.Work;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Scripts for psql, whose comments hold names and expressions as others gave them. */
final class SchemaScriptTest {
  private static final Mapping MAPPING = Mapping.parse("s.public.t:public.t");
  private static final String NAME = "a\r\nDROP TABLE t; --";

  @Test
  void aLineBreakInANameEndsNoComment() {
    var gone =
        new SchemaDifference(
            Kind.COLUMN_GONE,
            NAME,
            "column \"%s\" is gone from the source".formatted(NAME),
            List.of("ALTER TABLE t DROP COLUMN \"%s\";".formatted(NAME)),
            Work.CATALOG,
            false);
    assertThat(SchemaDifference.script(MAPPING, List.of(gone)).lines())
        .hasSize(5)
        .allMatch(line -> line.startsWith("--"));
    var left =
        new DefinitionDifference(
            MAPPING,
            "default of column \"%s\": the target's column has another one".formatted(NAME),
            List.of(new DefinitionDifference.Statement("ALTER \"%s\";".formatted(NAME), Work.SCAN)),
            false);
    assertThat(DefinitionDifference.script(List.of(left)).lines())
        .hasSize(5)
        .allMatch(line -> line.startsWith("--"));
  }
}
