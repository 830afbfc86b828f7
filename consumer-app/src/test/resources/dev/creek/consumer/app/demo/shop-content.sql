insert into products (sku, name, price, weight, sizes, tags, attributes, stock)
select 'P' || lpad(n::text, 7, '0'),
       (array ['blue', 'red', 'tiny', 'grand', 'quiet'])[1 + n % 5] || ' '
           || (array ['kite', 'lamp', 'teapot', 'bicycle', 'globe', 'drum', 'chair'])[1 + n % 7] || ' ' || n,
       round((1 + random() * 200)::numeric, 2),
       random() * 30,
       array [n % 40, 40 + n % 7],
       case when n % 3 > 0 then array ['tag ' || n % 11, 'größe, "' || n % 5 || '"'] end,
       case when n % 4 > 0 then jsonb_build_object('colour', n % 9, 'parts', jsonb_build_array(n, 'x', true)) end,
       1000
from generate_series(1, 300) as n;

insert into customers (name, email, born, credit, interests, preferences)
select 'Customer ' || n, 'c' || n || '@example.org', date '1950-01-01' + (random() * 20000)::int,
       round((random() * 500)::numeric, 2), array ['music', 'n' || n % 13],
       jsonb_build_object('theme', (array ['dark', 'light'])[1 + n % 2], 'visits', n % 50)
from generate_series(1, 1000) as n;

insert into orders (customer_id, history)
select 1 + floor(random() * 1000), array [clock_timestamp()]
from generate_series(1, 2000);

insert into order_lines (order_id, line_no, product_id, quantity, unit_price)
select o.id, l, 1 + (o.id * 7 + l) % 300, 1 + l, round((1 + random() * 200)::numeric, 2)
from orders o, generate_series(1, 3) as l;

update orders
set total = (select sum(quantity * unit_price) from order_lines where order_id = orders.id);
