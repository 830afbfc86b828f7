package dev.creek.consumer.row;

import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalDecoder;
import dev.creek.consumer.wire.WalSchema;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Target tables as their catalog would tell them, and what plans make for them, made readable. */
final class Targets {
  private Targets() {}

  /** {@code "t"."t"}, its primary key on the named columns. */
  static TargetShape target(List<String> primaryKey, TargetColumn... columns) {
    var keys = new ArrayList<UniqueKey>();
    if (!primaryKey.isEmpty()) {
      keys.add(new UniqueKey("t_pkey", true, false, primaryKey));
    }
    return new TargetShape("t", "t", List.of(columns), keys, true);
  }

  static TargetShape withUnique(TargetShape target, String... columns) {
    var keys = new ArrayList<>(target.uniqueKeys());
    keys.add(
        new UniqueKey("t_" + String.join("_", columns) + "_key", false, false, List.of(columns)));
    return new TargetShape("t", "t", target.columns(), keys, true);
  }

  static TargetColumn column(String name, PgType type) {
    return new TargetColumn(name, type.oid(), type.sqlName(), false, false, false, false);
  }

  static TargetColumn column(String name, int oid, String typeSql) {
    return new TargetColumn(name, oid, typeSql, false, false, false, false);
  }

  static TargetColumn notNull(String name, PgType type) {
    return new TargetColumn(name, type.oid(), type.sqlName(), true, false, false, false);
  }

  /** Changes with sequences from 1. */
  static List<Change> changes(TableWire table, WalBytes... messages) {
    return changes(table.walSchema(), List.of(messages));
  }

  static List<Change> changes(WalSchema schema, List<WalBytes> messages) {
    var decoder = new WalDecoder(schema);
    var changes = new ArrayList<Change>();
    for (WalBytes message : messages) {
      changes.add(decoder.decode(message.message(changes.size() + 1L)));
    }
    return changes;
  }

  /** Rows as text: integers in decimal, texts as they are, the rest in hexadecimal. */
  static List<List<String>> rows(List<PlanColumn> plan, RowColumns columns) {
    var rows = new ArrayList<List<String>>();
    var views = columns.columns().stream().map(ValueColumn::view).toList();
    for (int row = 0; row < columns.rows(); row++) {
      var values = new ArrayList<String>();
      for (int i = 0; i < views.size(); i++) {
        values.add(value(plan.get(i).sentAs(), views.get(i)));
      }
      rows.add(values);
    }
    return rows;
  }

  private static String value(PgType type, ByteBuffer view) {
    int length = view.getInt();
    if (length < 0) {
      return null;
    }
    byte[] value = new byte[length];
    view.get(value);
    return switch (type) {
      case INT2, INT4, INT8 -> new java.math.BigInteger(value).toString();
      case TEXT, VARCHAR, BPCHAR, JSON -> new String(value, StandardCharsets.UTF_8);
      default -> HexFormat.of().formatHex(value);
    };
  }
}
