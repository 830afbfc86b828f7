package dev.creek.consumer.postgres.check;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.TargetDatabase;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Foreign keys of the target, as check looks at them for groups of tables. */
final class GroupCheckIT {
  private static final Mapping ORDERS = Mapping.parse("shop.app.orders:public.orders");
  private static final Mapping LINES = Mapping.parse("shop.app.lines:public.\"Li.nes\"");
  private static final Mapping STAFF = Mapping.parse("hr.app.staff:public.staff");

  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(13);

  private final Map<TargetTable, Optional<TableGroup>> groups = new HashMap<>();

  @BeforeEach
  void create() {
    database.execute(
        "create table public.staff (id int primary key, boss int references public.staff)",
        "create table public.orders (id int primary key, seller int constraint sold references public.staff)",
        """
        create table public."Li.nes" (id int, part int, of_order int constraint "part of" references public.orders,
                                      primary key (id, part))
        partition by list (part)""",
        "create table public.lines_1 partition of public.\"Li.nes\" for values in (1)");
  }

  private void isIn(Mapping mapping, String named) {
    groups.put(mapping.target(), TableGroup.of(mapping.source(), named, Grouping.TABLE));
  }

  private List<Finding> findings() {
    return await(database.target().checks().groups(List.of(ORDERS, LINES, STAFF), groups));
  }

  @Test
  void nothingIsSaidOfTablesThatAreAppliedAlone() {
    isIn(ORDERS, null);
    isIn(LINES, null);
    assertThat(findings()).isEmpty();
  }

  @Test
  void nothingIsSaidOfKeysWithinAGroup() {
    isIn(LINES, "sales");
    isIn(ORDERS, "sales");
    assertThat(findings())
        .as("that of the orders leads out")
        .extracting(Finding::about)
        .containsExactly(ORDERS.toString());
  }

  @Test
  void aKeyToATableOfAnotherGroupIsAWarningWithTheCommandThatHelps() {
    isIn(LINES, "it's $big");
    isIn(ORDERS, null);
    assertThat(findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(Finding.Level.WARNING);
              assertThat(finding.about()).isEqualTo(LINES.toString());
              assertThat(finding.text())
                  .startsWith(
                      "its foreign key \"part of\" leads out of its group \"it's $big\", to public.orders,"
                          + " which is applied alone");
              assertThat(finding.fix())
                  .isEqualTo(
                      "put it into the same group: creek-consumer set-group 'it'\\''s $big'"
                          + " 'public.orders'");
            });
    isIn(ORDERS, "sales");
    assertThat(findings())
        .extracting(Finding::text)
        .anyMatch(text -> text.contains("to public.orders, which is in the group \"sales\""));
  }

  @Test
  void aTableOfAnotherSourceOrOfNoneCannotComeIn() {
    isIn(ORDERS, "sales");
    isIn(STAFF, "people");
    assertThat(findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.text()).contains("which is in the group \"people\"");
              assertThat(finding.fix()).startsWith("drop the constraint");
            });
    groups.remove(STAFF.target());
    assertThat(findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.text()).contains("public.staff, which is not subscribed");
              assertThat(finding.fix()).startsWith("drop the constraint");
            });
  }
}
