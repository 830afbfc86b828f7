package dev.creek.consumer.postgres.control;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** SQL reads and writes names exactly as Java does: both find rows by the same spelling. */
final class ControlNamesIT {
  @RegisterExtension
  static final PostgresExtension postgres =
      PostgresExtension.own(PostgresServer.builder().version(13));

  private PostgresDatabase database;

  @BeforeEach
  void migrate(PostgresDatabase fresh) {
    database = fresh;
    var target = PostgresTarget.connect(DatabaseOptions.of(fresh.uri()));
    await(target.subscriptions().migrate());
    await(target.close());
    database.execute(
        """
        create function public.read_mapping(text) returns text language plpgsql as $$
        declare names record;
        begin
            names := _creek_consumer._mapping($1);
            return names.source || ' -> ' || names.target;
        exception when invalid_parameter_value then
            return null;
        end $$
        """);
  }

  @Test
  void readsMappingsAsTheCommandLineDoes() throws SQLException {
    var texts =
        Stream.concat(
                Stream.of(
                    "",
                    ":",
                    "a.b.c:d.e",
                    "Db.App.CamelCase:D.E",
                    "shop.\"My Schema\".\"a.b\":public.ab",
                    "a.b.\"c\"\"d\":\"e:f\".g",
                    "a.b.\"\":d.e",
                    "a.b.\"\"\"\":d.e",
                    "a.b.c\"d\":d.e",
                    "a.b.c:d.e:f",
                    "a.b.c:d.e.f",
                    "a. b.c :d.e",
                    "a.b.\uD83D\uDE00:d.\"\uD83D\uDE00\"",
                    "a.b.c:d.%s%I%%",
                    "a.b.c:d.'e'",
                    "a.b.c:d.$creek$",
                    "a.b.c:d.back\\slash"),
                random(20_000))
            .toList();
    assertThat(
            inSql("select public.read_mapping(t) from unnest(?) with ordinality u (t, n)", texts))
        .isEqualTo(texts.stream().map(ControlNamesIT::inJava).toList());
  }

  @Test
  void quotesTheSameNamesAsJava() throws SQLException {
    var characters =
        IntStream.rangeClosed(1, 0xffff)
            .filter(c -> !Character.isSurrogate((char) c))
            .mapToObj(Character::toString)
            .toList();
    assertThat(
            inSql(
                "select _creek_consumer._name(array[t]) from unnest(?) with ordinality u (t, n)",
                characters))
        .isEqualTo(
            characters.stream().map(name -> new TableGroup("shop", name).shownName()).toList());
  }

  private static Stream<String> random(int count) {
    var random = new Random(4711);
    String alphabet = "ab\"\".:. ";
    return Stream.generate(
            () ->
                random
                    .ints(random.nextInt(16), 0, alphabet.length())
                    .collect(
                        StringBuilder::new,
                        (text, i) -> text.append(alphabet.charAt(i)),
                        StringBuilder::append)
                    .toString())
        .map(text -> random.nextBoolean() ? text : "a.b." + text + ":d.e")
        .limit(count);
  }

  private static @Nullable String inJava(String text) {
    try {
      var mapping = Mapping.parse(text);
      return mapping.source() + " -> " + mapping.target();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private List<@Nullable String> inSql(String sql, List<String> texts) throws SQLException {
    try (Connection connection = database.connect();
        PreparedStatement statement = connection.prepareStatement(sql + " order by n")) {
      statement.setArray(1, connection.createArrayOf("text", texts.toArray()));
      List<@Nullable String> results = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          results.add(rows.getString(1));
        }
      }
      return results;
    }
  }
}
