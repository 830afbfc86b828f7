package dev.creek.consumer.wire;

/** Schema texts as the producer writes them. */
final class SchemaTexts {
  static final String OLD_SOURCE =
      """
      [{"name":"name","type":"string"},
       {"name":"tx_at","type":{"type":"long","logicalType":"timestamp-micros"}},
       {"name":"db","type":"string"},{"name":"schema","type":"string"},
       {"name":"table","type":"string"},{"name":"tx_id","type":"long"},
       {"name":"last_lsn","type":"string"},{"name":"lsn","type":"string"}]""";
  static final String NEW_SOURCE =
      OLD_SOURCE.replace("{\"name\":\"last_lsn\",\"type\":\"string\"},", "");
  static final String INFINITY =
      """
      {"name":"after.infinity_modifier","type":"enum",
       "symbols":["infinity","negative_infinity_ca5991f51367e3e4"]}""";

  private SchemaTexts() {}

  /** A WAL envelope around two images' fields. */
  static String envelope(String source, String beforeFields, String afterFields) {
    return """
        {"name":"publish_message","type":"record","fields":[
         {"name":"fingerprint","type":"string"},
         {"name":"source","type":{"name":"source","type":"record","fields":%s}},
         {"name":"op","type":{"name":"op","type":"enum",
                              "symbols":["c","u","u_pk","d","t","r"]}},
         {"name":"sent_at","type":{"type":"long","logicalType":"timestamp-micros"}},
         {"name":"before","type":["null",{"name":"before.t","type":"record","fields":%s}]},
         {"name":"after","type":["null",{"name":"after.t","type":"record","fields":%s}]}]}"""
        .formatted(source, beforeFields, afterFields);
  }

  /** One column. */
  static String field(String name, String type, String pgType) {
    return "{\"name\":\"%s\",\"type\":%s,\"pgKey\":false,\"pgType\":\"%s\"}"
        .formatted(name, type, pgType);
  }

  /** A bare record, as in a snapshot's header. */
  static String record(String... fields) {
    return "{\"type\":\"record\",\"name\":\"t\",\"fields\":[" + String.join(",", fields) + "]}";
  }
}
