package dev.creek.consumer.app.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.testing.InvariantObserver.Invariant;
import dev.creek.consumer.testing.PostgresDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** The shop's tables, and how it trades: every transaction picks its own rows, on the server. */
final class Shop {

  /** In the order of their foreign keys. */
  static final List<String> TABLES = List.of("customers", "products", "orders", "order_lines");

  private static final String NAMESPACE = "public";

  private static final String SOME_CUSTOMER =
      """
      (select id from customers
       where id >= (select min(id) + floor(random() * (max(id) - min(id))) from customers)
       order by id limit 1)""";

  private static final String SOME_ORDER = SOME_CUSTOMER.replace("customers", "orders");

  private static final String SOME_PRODUCT = "(select 1 + floor(random() * 300)::int)";

  private static final String LAST_ORDER = "(select currval('orders_id_seq'))";

  /**
   * A kind of transaction.
   *
   * @param name what the view calls it
   * @param weight how often it comes, against the others
   * @param rolledBack whether it changes its mind in the end
   */
  record Trade(String name, int weight, boolean rolledBack, List<String> statements) {

    private static Trade of(String name, int weight, String... statements) {
      return new Trade(name, weight, false, List.of(statements));
    }

    private static Trade rolledBack(String name, int weight, String... statements) {
      return new Trade(name, weight, true, List.of(statements));
    }
  }

  private static final String PLACE =
      """
      with placed as (
        insert into orders (customer_id, note, history)
        values (%s, case when random() < 0.2 then 'bitte klingeln ☎' end, array[clock_timestamp()])
        returning id)
      insert into order_lines (order_id, line_no, product_id, quantity, unit_price, discount)
      select placed.id, row_number() over (), p.id, 1 + floor(random() * 5), p.price, random()
      from placed,
        (select id, price from products order by random() limit 1 + floor(random() * 4)::int) as p"""
          .formatted(SOME_CUSTOMER);

  private static final String TAKE_FROM_STOCK =
      """
      update products set stock = stock - l.quantity
      from order_lines l where l.order_id = %s and l.product_id = products.id"""
          .formatted(LAST_ORDER);

  private static final String SUM_UP =
      """
      update orders set total =
        (select sum(quantity * unit_price) from order_lines where order_id = orders.id)
      where id = %s""";

  /** What goes on all the time. */
  static final List<Trade> STEADY =
      List.of(
          Trade.of("an order", 30, PLACE, TAKE_FROM_STOCK, SUM_UP.formatted(LAST_ORDER)),
          Trade.of(
              "an order's progress",
              25,
              """
              update orders set history = history || clock_timestamp(),
                status = (enum_range(status, null))[2],
                shipped_on = case when status = 'packed' then current_date else shipped_on end
              where status <> 'delivered' and id = %s"""
                  .formatted(SOME_ORDER)),
          Trade.of(
              "a customer's wish",
              14,
              """
              update customers set credit = credit + round((random() * 20 - 9)::numeric, 2),
                interests = array['music', 'n' || floor(random() * 100)],
                preferences = preferences || jsonb_build_object('visits', floor(random() * 1000))
              where id = %s"""
                  .formatted(SOME_CUSTOMER)),
          Trade.of(
              "a new customer",
              8,
              """
              insert into customers (name, email, born, interests, preferences)
              values ('Nobody new', gen_random_uuid() || '@example.org', null,
                array['"quoted"', 'comma, too'], '{"theme": "dark"}')""",
              "update customers set name = 'Customer ' || id where id = lastval()"),
          Trade.of(
              "a changed line",
              8,
              """
              with changed as (
                update order_lines set quantity = quantity + 1
                where line_no = 1 and order_id = %s
                returning order_id, unit_price)
              update orders set total = total + c.unit_price from changed c where id = c.order_id"""
                  .formatted(SOME_ORDER)),
          Trade.of("a cancellation", 5, "delete from orders where id = " + SOME_ORDER),
          Trade.of(
              "a product's care",
              5,
              """
              update products set on_sale = not on_sale, stock = stock + 50,
                price = greatest(1, round(price * (0.9 + random() * 0.2)::numeric, 2)),
                tags = case when tags is null then array['back', 'again'] end
              where id = %s"""
                  .formatted(SOME_PRODUCT)),
          Trade.of(
              "a customer's new key",
              1,
              "update customers set id = nextval('customers_id_seq') where id = " + SOME_CUSTOMER),
          Trade.of(
              "lines in another order",
              2,
              "update order_lines set line_no = line_no + 10 where line_no < 10 and order_id = "
                  + SOME_ORDER),
          Trade.rolledBack("a change of mind", 2, PLACE));

  /** What comes at once, every few seconds. */
  static final List<Trade> BURSTS =
      List.of(
          Trade.of(
              "all prices change",
              1,
              """
              update products
              set price = greatest(1, round(price * (0.8 + random() * 0.4)::numeric, 2))"""),
          Trade.of(
              "1,500 customers come from another shop",
              1,
              """
              insert into customers (name, email, born, interests, preferences)
              select 'Immigrant ' || n, gen_random_uuid() || '@example.org', current_date - n,
                array['n' || n], jsonb_build_object('theme', 'light', 'visits', n)
              from generate_series(1, 1500) as n"""),
          Trade.of(
              "500 orders arrive by post",
              1,
              """
              with placed as (
                insert into orders (customer_id, history)
                select c.id, array[clock_timestamp()]
                from generate_series(1, 500), %s as c
                returning id)
              insert into order_lines (order_id, line_no, product_id, quantity, unit_price)
              select id, l, 1 + (id * l) %% 300, l, l * 1.99 from placed, generate_series(1, 4) as l"""
                  .formatted(SOME_CUSTOMER),
              """
              update orders set total =
                (select sum(quantity * unit_price) from order_lines where order_id = orders.id)
              where total = 0 and id in (select order_id from order_lines)"""),
          Trade.of(
              "every fifth customer gets a voucher",
              1,
              "update customers set credit = credit + 5 where id % 5 = 0"),
          Trade.of(
              "old orders go to the archive",
              1,
              """
              delete from orders
              where id < (select id from orders order by id desc offset 4000 limit 1)"""),
          Trade.of(
              "customers without orders are forgotten",
              1,
              """
              delete from customers c
              where id > 100 and not exists (select from orders o where o.customer_id = c.id)"""));

  /** An order's total is the sum of its lines, after every transaction. */
  static final Invariant TOTALS =
      new Invariant(
          """
          select coalesce(o.id, l.order_id), o.total, l.total
          from orders o
          full join (
              select order_id, sum(quantity * unit_price) as total from order_lines group by order_id
          ) l on l.order_id = o.id
          where o.total is distinct from l.total
          limit 3""",
          "select coalesce(max(id), 0) || ' ' || coalesce(sum(total), 0) from orders");

  private Shop() {}

  /** {@code public.orders}, on both sides. */
  static String qualified(String table) {
    return NAMESPACE + "." + table;
  }

  /** Creates the tables, empty. */
  static void build(PostgresDatabase database) {
    database.execute(text("shop-tables.sql"));
  }

  /**
   * Foreign keys of the source that hold on the target too. Not the lines' to their orders: a clean
   * snapshot of the lines holds some of orders that the target does not have yet.
   */
  static void tie(PostgresDatabase target) {
    target.execute(
        "alter table orders add foreign key (customer_id) references customers",
        "alter table order_lines add foreign key (product_id) references products");
  }

  /** Puts in what a shop has on its first day. */
  static void furnish(PostgresDatabase database) {
    database.execute(text("shop-content.sql"));
  }

  private static String text(String name) {
    try (InputStream sql = Shop.class.getResourceAsStream(name)) {
      if (sql == null) {
        throw new IllegalStateException(name + " is missing from the test resources");
      }
      return new String(sql.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
