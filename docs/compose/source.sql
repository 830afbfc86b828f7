create table orders (id int primary key, customer text not null, total numeric(10,2), placed_at timestamptz default now());
insert into orders (id, customer, total) values (1, 'ann', 12.50), (2, 'bob', 7.00);
