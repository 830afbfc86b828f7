package dev.creek.consumer.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TargetTable;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RendezvousTest {
  private static final List<TargetTable> TABLES =
      IntStream.range(0, 3000).mapToObj(i -> new TargetTable("copy", "t" + i)).toList();

  private static final Set<String> THREE = Set.of("web-1:7:aa", "web-2:7:ab", "web-3:7:ac");

  @Test
  void givesEachTableToExactlyOne() {
    assertThat(owners(THREE)).hasSameSizeAs(TABLES);
  }

  @Test
  void spreadsEvenlyThoughTheNamesDifferLittle() {
    Map<String, Long> counts =
        owners(THREE).values().stream()
            .collect(Collectors.groupingBy(id -> id, Collectors.counting()));
    assertThat(counts.values()).hasSize(3).allMatch(count -> count > 900 && count < 1100);
  }

  @Test
  void movesOnlyTheTablesOfTheOneThatWent() {
    Map<TargetTable, String> before = owners(THREE);
    Map<TargetTable, String> after = owners(without("web-2:7:ab"));
    assertThat(TABLES)
        .allMatch(
            table ->
                before.get(table).equals("web-2:7:ab")
                    || before.get(table).equals(after.get(table)));
    long toFirst =
        TABLES.stream()
            .filter(table -> before.get(table).equals("web-2:7:ab"))
            .filter(table -> after.get(table).equals("web-1:7:aa"))
            .count();
    assertThat(toFirst).as("both others take about half of them").isBetween(400L, 600L);
  }

  @Test
  void neverChangesItsWeights() {
    // Instances of two versions share tables during a rolling upgrade.
    assertThat(TABLES.subList(0, 8).stream().map(owners(THREE)::get).map(id -> id.substring(4, 5)))
        .containsExactly("2", "2", "1", "2", "3", "3", "2", "1");
  }

  @Test
  void givesAGroupToOneAndNotToTheOwnerOfATableOfItsName() {
    List<TableGroup> groups =
        IntStream.range(0, 3000).mapToObj(i -> new TableGroup("copy", "t" + i)).toList();
    Map<TargetTable, String> tables = owners(THREE);
    Map<String, Long> counts =
        groups.stream()
            .map(RendezvousTest::ownerOf)
            .collect(Collectors.groupingBy(id -> id, Collectors.counting()));
    assertThat(counts.values()).hasSize(3).allMatch(count -> count > 900 && count < 1100);
    assertThat(
            IntStream.range(0, 3000)
                .filter(i -> ownerOf(groups.get(i)).equals(tables.get(TABLES.get(i))))
                .count())
        .as("as many as by chance")
        .isBetween(850L, 1150L);
    assertThat(
            groups.subList(0, 8).stream()
                .map(RendezvousTest::ownerOf)
                .map(id -> id.substring(4, 5)))
        .as("never changes")
        .containsExactly("3", "3", "1", "3", "3", "2", "2", "2");
  }

  private static String ownerOf(TableGroup group) {
    List<String> all =
        THREE.stream().filter(member -> new Rendezvous(member, THREE).owns(group)).toList();
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  @Test
  void ownsNothingWhereItIsNoMember() {
    assertThat(TABLES).noneMatch(new Rendezvous("other", THREE)::owns);
  }

  @Test
  void ownsEverythingWhereItIsAlone() {
    assertThat(TABLES).allMatch(new Rendezvous("other", Set.of("other"))::owns);
  }

  private static Set<String> without(String id) {
    Set<String> rest = new HashSet<>(THREE);
    rest.remove(id);
    return rest;
  }

  private static Map<TargetTable, String> owners(Set<String> members) {
    Map<TargetTable, String> owners = new HashMap<>();
    for (String member : members) {
      Rendezvous share = new Rendezvous(member, members);
      for (TargetTable table : TABLES) {
        if (share.owns(table)) {
          assertThat(owners.put(table, member)).as("two own " + table).isNull();
        }
      }
    }
    return owners;
  }
}
