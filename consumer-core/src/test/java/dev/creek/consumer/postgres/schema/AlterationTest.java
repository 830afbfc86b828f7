package dev.creek.consumer.postgres.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AlterationTest {
  private static final String TABLE = "\"public\".\"t\"";

  @Test
  void statementsOfTheTableThatFollowOneAnotherAreOne() {
    assertThat(
            Alteration.joined(
                TABLE,
                List.of(
                    "ALTER TABLE \"public\".\"t\" ALTER COLUMN \"n\" TYPE int8;",
                    "ALTER TABLE \"public\".\"t\" ADD COLUMN \"k\" int4;",
                    "ALTER TABLE \"public\".\"t\" DROP CONSTRAINT \"p\", ADD PRIMARY KEY (\"k\");",
                    "ALTER TYPE \"public\".\"mood\" ADD VALUE 'x';",
                    "ALTER TABLE \"public\".\"t\" ALTER COLUMN \"m\" DROP NOT NULL;")))
        .containsExactly(
            "ALTER TABLE \"public\".\"t\" ALTER COLUMN \"n\" TYPE int8, ADD COLUMN \"k\" int4,"
                + " DROP CONSTRAINT \"p\", ADD PRIMARY KEY (\"k\");",
            "ALTER TYPE \"public\".\"mood\" ADD VALUE 'x';",
            "ALTER TABLE \"public\".\"t\" ALTER COLUMN \"m\" DROP NOT NULL;");
  }

  @Test
  void aStatementAloneAndARenameStayAsTheyAre() {
    List<String> one = List.of("ALTER TABLE \"public\".\"t\" ADD COLUMN \"k\" int4;");
    assertThat(Alteration.joined(TABLE, one)).isEqualTo(one);
    List<String> renamed =
        List.of(
            "ALTER TABLE \"public\".\"t\" RENAME COLUMN \"a\" TO \"b\";",
            "ALTER TABLE \"public\".\"t\" ADD COLUMN \"k\" int4;");
    assertThat(Alteration.joined(TABLE, renamed)).isEqualTo(renamed);
  }
}
