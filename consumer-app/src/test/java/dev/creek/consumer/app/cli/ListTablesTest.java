package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ListTablesTest {
  private static final Instant WHEN = Instant.parse("2025-04-01T10:11:12.123456Z");
  private static final Subscription STREAMING =
      new Subscription(
          Mapping.parse("shop.public.orders:copy.orders"),
          true,
          new TableState(TableState.Name.STREAMING, null, null),
          new Position(
              new StreamIdentity("CREEK_wal_shop", WHEN), 42, 0x0000_0001_0ab0_00ffL, WHEN),
          7);
  private static final Subscription FAILED =
      new Subscription(
          Mapping.parse("shop.public.ä:copy.\"n\u001b[1m.x\""),
          true,
          new TableState(TableState.Name.FAILED, "no \"such\"\ncolumn", "add it"),
          Position.NONE,
          0);
  private static final Subscription REMOVED =
      new Subscription(
          Mapping.parse("shop.public.old:copy.old"),
          false,
          new TableState(TableState.Name.INACTIVE, null, null),
          Position.NONE,
          0);

  private static final Subscription DOUBTFUL =
      new Subscription(
          Mapping.parse("shop.public.doubtful:copy.doubtful"),
          true,
          new TableState(TableState.Name.STREAMING, null, null),
          Position.NONE,
          0,
          0,
          List.of(
              new Incompleteness(Incompleteness.Cause.FORCED, "", "resumed", WHEN),
              new Incompleteness(Incompleteness.Cause.COLUMN, "v", "column \"v\" came", WHEN)));

  private final CliRun cli = CliRun.withServers();

  @Test
  void alignsItsColumns() {
    cli.consumer.subscribed.addAll(List.of(FAILED, REMOVED, STREAMING));
    assertThat(cli.run("list-tables")).isZero();
    assertThat(cli.out.toString().lines())
        .containsExactly(
            "Source              Target          Active  State      LSN        Timestamp                    Reason",
            "shop.public.ä       copy.\"n?[1m.x\"  yes     failed     -          -                            no \"such\"?column",
            "shop.public.old     copy.old        no      inactive   -          -                            -",
            "shop.public.orders  copy.orders     yes     streaming  1/AB000FF  2025-04-01T10:11:12.123456Z  -");
  }

  @Test
  void showsTheGroupsWhereThereIsOne() throws Exception {
    cli.consumer.subscribed.addAll(
        List.of(grouped("logs, big", null), grouped("lines", Membership.APART), STREAMING));
    assertThat(cli.run("list-tables")).isZero();
    assertThat(cli.out.toString().lines().map(line -> line.replaceAll(" {2,}", "|")))
        .containsExactly(
            "Source|Target|Active|State|Group|LSN|Timestamp|Reason",
            "shop.public.g|copy.g|yes|streaming|\"logs, big\"|-|-|-",
            "shop.public.g|copy.g|yes|streaming|lines, apart|-|-|-",
            "shop.public.orders|copy.orders|yes|streaming|-|1/AB000FF|2025-04-01T10:11:12.123456Z|-");
  }

  @Test
  void showsTheGroupsOfSourceDatabasesToPrograms() throws Exception {
    cli.consumer.subscribed.addAll(List.of(grouped("lines", Membership.MEMBER), STREAMING));
    assertThat(cli.run("list-tables", "--json", "--grouping", "database")).isZero();
    JsonNode tables = new ObjectMapper().readTree(cli.out.toString());
    assertThat(tables.at("/0/group").textValue()).isEqualTo("lines");
    assertThat(tables.at("/0/membership").textValue()).isEqualTo("member");
    assertThat(tables.at("/1/group").textValue()).isEqualTo("shop");
    assertThat(tables.at("/1/membership").isNull()).isTrue();
  }

  private static Subscription grouped(String name, Membership membership) {
    return new Subscription(
        Mapping.parse("shop.public.g:copy.g"),
        true,
        TableState.STREAMING,
        Position.NONE,
        0,
        0,
        List.of(),
        name,
        membership);
  }

  @Test
  void saysWhichTablesMayMissRowsAndWhy() throws Exception {
    cli.consumer.subscribed.add(DOUBTFUL);
    assertThat(cli.run("list-tables")).isZero();
    assertThat(cli.out.toString()).contains("incomplete: resumed; column \"v\" came");
    assertThat(
            SubscriptionList.text(List.of(DOUBTFUL), Grouping.TABLE, true).lines().toList().get(1))
        .as("nobody overlooks it")
        .startsWith("\u001b");
    JsonNode marks =
        new ObjectMapper()
            .readTree(SubscriptionList.json(List.of(DOUBTFUL), Grouping.TABLE))
            .at("/0/incomplete");
    assertThat(marks).hasSize(2);
    assertThat(marks.get(1).get("cause").textValue()).isEqualTo("column");
    assertThat(marks.get(1).get("detail").textValue()).isEqualTo("v");
    assertThat(marks.get(1).get("since").textValue()).isEqualTo(WHEN.toString());
  }

  @Test
  void showsItsHeadingsWithoutTables() {
    assertThat(cli.run("list-tables")).isZero();
    assertThat(cli.out.toString().strip())
        .isEqualTo("Source  Target  Active  State  LSN  Timestamp  Reason");
  }

  @Test
  void coloursOnlyWhatNeedsAttention() {
    String text = SubscriptionList.text(List.of(FAILED, STREAMING), Grouping.TABLE, true);
    assertThat(text.lines().toList().get(1)).startsWith("\u001b[31m").endsWith("\u001b[0m");
    assertThat(text.lines().toList().get(2)).doesNotContain("\u001b");
  }

  @Test
  void givesProgramsJson() throws Exception {
    cli.consumer.subscribed.addAll(List.of(FAILED, STREAMING));
    assertThat(cli.run("list-tables", "--json")).isZero();
    JsonNode tables = new ObjectMapper().readTree(cli.out.toString());
    assertThat(tables).hasSize(2);
    JsonNode failed = tables.get(0);
    assertThat(failed.get("target").textValue()).isEqualTo("copy.\"n\u001b[1m.x\"");
    assertThat(failed.get("reason").textValue()).isEqualTo("no \"such\"\ncolumn");
    assertThat(failed.get("hint").textValue()).isEqualTo("add it");
    assertThat(failed.get("timestamp").isNull()).isTrue();
    JsonNode streaming = tables.get(1);
    assertThat(streaming.get("source").textValue()).isEqualTo("shop.public.orders");
    assertThat(streaming.get("active").booleanValue()).isTrue();
    assertThat(streaming.get("state").textValue()).isEqualTo("streaming");
    assertThat(streaming.get("reason").isNull()).isTrue();
    assertThat(streaming.get("lsn").textValue()).isEqualTo("1/AB000FF");
    assertThat(streaming.get("timestamp").textValue()).isEqualTo(WHEN.toString());
    assertThat(streaming.get("stream").textValue()).isEqualTo("CREEK_wal_shop");
    assertThat(streaming.get("sequence").longValue()).isEqualTo(42);
    assertThat(streaming.get("rows_applied").longValue()).isEqualTo(7);
  }

  @Test
  void anEmptyListIsAnEmptyArray() throws Exception {
    assertThat(cli.run("list-tables", "--json")).isZero();
    assertThat(new ObjectMapper().readTree(cli.out.toString())).isEmpty();
  }
}
