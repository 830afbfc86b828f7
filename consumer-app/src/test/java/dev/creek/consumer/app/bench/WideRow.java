package dev.creek.consumer.app.bench;

/** Thirty columns of all kinds that the wire carries, one in ten of some of them NULL. */
final class WideRow {
  static final String COLUMNS =
      """
      id int primary key, small int2, number int4, big int8, single float4, precise float8,
      price numeric(12,2), rate numeric(20,6), quantity numeric(10,0), active bool, hidden bool,
      title text, note text, email varchar(80), code varchar(20), country char(8),
      owner uuid, session uuid, attributes jsonb, address jsonb, born date, due date, opens time,
      local_from timestamp, local_to timestamp, created timestamptz, updated timestamptz,
      tags text[], labels text[], scores int4[]""";

  /** Of row {@code i}, but the key. */
  static final String VALUES =
      """
      (i % 30000)::int2, i * 3, i::int8 * 1000003, (i / 7.0)::float4, i / 3.0::float8,
      (i % 100000) / 100.0, i * 1.000001, i * 10, i % 2 = 0, case when i % 10 <> 0 then i % 3 = 0 end,
      'title of ' || i, case when i % 10 <> 0 then repeat(md5(i::text), 2) end,
      'user' || i || '@example.org', 'C-' || i % 1000, 'SE' || i % 90,
      md5(i::text)::uuid, case when i % 10 <> 0 then md5((i + 1)::text)::uuid end,
      jsonb_build_object('n', i, 'kind', 'k' || i % 7, 'open', i % 2 = 1),
      jsonb_build_object('street', 'Street ' || i % 500, 'city', 'City ' || i % 40, 'zip', i % 99999),
      date '1970-01-01' + i % 20000, case when i % 10 <> 0 then date '2024-01-01' + i % 700 end,
      time '00:00' + i % 86400 * interval '1 s',
      timestamp '2020-01-01' + i * interval '17.5 s', timestamp '2021-01-01' + i * interval '17.25 s',
      timestamptz '2024-01-01 00:00:00Z' + i * interval '1.000003 s',
      case when i % 10 <> 0 then timestamptz '2024-06-01 00:00:00Z' + i * interval '1 s' end,
      array['a' || i % 10, 'b b', 'c,' || i], array['label ' || i % 100], array[i % 5, i % 7, i % 11]""";

  private WideRow() {}
}
