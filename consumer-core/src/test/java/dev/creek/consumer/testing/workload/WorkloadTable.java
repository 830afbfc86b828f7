package dev.creek.consumer.testing.workload;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A table of the workload: how it is made on either side, and what may be done to it. A row is
 * known by its {@code id}, whether that is its key or not.
 */
final class WorkloadTable {
  static final String SCHEMA = "app";

  /** The version of a row: no two changes write the same one. */
  static final String VERSION = "version";

  /** A unique value that moves from row to row. */
  static final String MARK = "mark";

  /** What may happen to a table's rows besides inserts. */
  enum May {
    UPDATE,
    DELETE,
    TRUNCATE,
    /** Keys change, and change places. */
    CHANGE_KEY,
    /** Columns come and go. */
    EVOLVE
  }

  private final String name;
  private final String group;
  private final String parent;
  private final List<Column> columns;
  private final List<String> key;
  private final Set<May> may;
  private final boolean versioned;
  private final String mark;
  private final String suffix;
  private final List<String> more;
  private final List<String> onSource;
  private final List<Column> added = new ArrayList<>();

  private WorkloadTable(Builder builder) {
    this.name = SCHEMA + "." + builder.name;
    this.group = builder.parent.isEmpty() ? name : builder.parent;
    this.parent = builder.parent;
    this.columns = List.copyOf(builder.columns);
    this.key = builder.key;
    this.may = Set.copyOf(builder.may);
    this.versioned = builder.versioned;
    this.mark = builder.mark;
    this.suffix = builder.suffix;
    this.more = List.copyOf(builder.more);
    this.onSource = List.copyOf(builder.onSource);
  }

  /** As SQL takes it, with its schema. */
  String name() {
    return name;
  }

  /** Tables whose rows depend on each other are in one group, and so are their rows by id. */
  String group() {
    return group;
  }

  /** The table in which a row with the same id must be; empty for none. */
  String parent() {
    return parent;
  }

  /** Empty where rows may be equal. */
  List<String> key() {
    return key;
  }

  boolean may(May what) {
    return may.contains(what);
  }

  boolean isVersioned() {
    return versioned;
  }

  /** Whether it has unique values that move from row to row. */
  boolean isMarked() {
    return !mark.isEmpty();
  }

  /** Whether one may be NULL. */
  boolean isMarkOptional() {
    return !mark.contains("not null");
  }

  /** Whether two may change places in one statement. */
  boolean isMarkDeferrable() {
    return mark.contains("deferrable");
  }

  /** Whether an update may change a part of the key: then there is one row for an id at most. */
  boolean isIdUnique() {
    return changeable().stream().anyMatch(column -> key.contains(column.name()));
  }

  /** What an insert writes. */
  List<Column> columns() {
    return Stream.concat(columns.stream(), added.stream()).toList();
  }

  /** What an update may change without changing the key. */
  List<Column> changeable() {
    return columns().stream().filter(column -> column.role() == Column.Role.FREE).toList();
  }

  /** What a change of the key changes. */
  List<Column> keyColumns() {
    return columns.stream().filter(column -> column.role() == Column.Role.OF_KEY).toList();
  }

  /** Columns that ALTER TABLE has added; whoever commits that says so. */
  List<Column> added() {
    return added;
  }

  List<String> sourceDdl() {
    return Stream.of(
            Stream.of(create(" default nextval('app.versions')", " default nextval('app.marks')")),
            more.stream(),
            onSource.stream())
        .flatMap(statements -> statements)
        .toList();
  }

  List<String> targetDdl() {
    return Stream.concat(Stream.of(create("", "")), more.stream()).toList();
  }

  private String create(String ofVersion, String ofMark) {
    List<String> parts = new ArrayList<>(columns.stream().map(Column::ddl).toList());
    if (isMarked()) {
      parts.add(MARK + " int " + mark + ofMark);
    }
    if (versioned) {
      parts.add(VERSION + " bigint not null" + ofVersion);
    }
    if (!key.isEmpty()) {
      parts.add("primary key (" + String.join(", ", key) + ")");
    }
    return parts.stream()
        .collect(Collectors.joining(", ", "create table " + name + " (", ") " + suffix));
  }

  @Override
  public String toString() {
    return name;
  }

  static Builder of(String name) {
    return new Builder(name);
  }

  static final class Builder {
    private final String name;
    private String parent = "";
    private final List<Column> columns = new ArrayList<>(List.of(Column.ID));
    private List<String> key = List.of();
    private Set<May> may = Set.of();
    private boolean versioned = true;
    private String mark = "";
    private String suffix = "";
    private final List<String> more = new ArrayList<>();
    private final List<String> onSource = new ArrayList<>();

    private Builder(String name) {
      this.name = name;
    }

    /** On the source, rows must have one in that table, and follow what becomes of it. */
    Builder childOf(String table) {
      this.parent = SCHEMA + "." + table;
      onSource.add(
          "alter table %s.%s add foreign key (id) references %s on update cascade on delete cascade"
              .formatted(SCHEMA, name, parent));
      return this;
    }

    /** The primary key's columns; without it, there is none. */
    Builder key(String... names) {
      this.key = List.of(names);
      return this;
    }

    Builder column(Column column) {
      columns.add(column);
      return this;
    }

    Builder column(String column, String type, Values values) {
      return column(Column.of(column, type, values));
    }

    Builder may(May... what) {
      this.may = Set.of(what);
      return this;
    }

    /** Rows without a version may be equal in all columns. */
    Builder unversioned() {
      this.versioned = false;
      return this;
    }

    /**
     * With a {@link #MARK}.
     *
     * @param constraints of its column, UNIQUE among them
     */
    Builder marked(String constraints) {
      this.mark = constraints;
      return this;
    }

    /** What follows the columns, as PARTITION BY. */
    Builder suffix(String sql) {
      this.suffix = sql;
      return this;
    }

    /** A statement for both sides, behind CREATE TABLE. */
    Builder and(String sql) {
      more.add(sql);
      return this;
    }

    WorkloadTable build() {
      return new WorkloadTable(this);
    }
  }
}
