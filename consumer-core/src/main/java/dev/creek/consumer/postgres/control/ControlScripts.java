package dev.creek.consumer.postgres.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.postgres.session.SqlNames;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The SQL that creates a control schema of a given name. Each script may be run again without
 * effect.
 */
public final class ControlScripts {
  /** In order, one a version; a script that was released is never changed. */
  private static final List<String> VERSIONS =
      List.of(
          "001_go_consumer.sql",
          "002_position_and_state.sql",
          "003_commands.sql",
          "004_instances.sql",
          "005_snapshots.sql",
          "006_gaps.sql",
          "007_lag.sql",
          "008_incompleteness.sql",
          "009_names.sql",
          "010_horizon.sql",
          "011_start.sql",
          "012_publication.sql",
          "013_cancel.sql",
          "014_status.sql",
          "015_groups.sql",
          "016_replica_sessions.sql",
          "017_grouping.sql",
          "018_fill.sql",
          "019_schema_changes.sql",
          "020_add_with_policy.sql");

  /** Quotes the functions' bodies, which name the schema. */
  private static final String BODY_QUOTE = "$creek$";

  private final String namespace;
  private final String control;
  private final List<String> versions;

  /** Reads the scripts: it blocks for a moment. */
  public ControlScripts(String namespace) {
    if (namespace.contains(BODY_QUOTE)) {
      throw new IllegalArgumentException(
          "the control schema's name must not contain " + BODY_QUOTE);
    }
    this.namespace = namespace;
    this.control = SqlNames.quoted(namespace);
    this.versions = VERSIONS.stream().map(this::read).toList();
  }

  private String read(String script) {
    try (InputStream in =
        Objects.requireNonNull(ControlScripts.class.getResourceAsStream(script), script)) {
      return new String(in.readAllBytes(), UTF_8)
          .replace("{{control}}", control)
          .replace("{{control-literal}}", SqlNames.literal(namespace));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int newestVersion() {
    return versions.size();
  }

  /** The script that leads to a version, counted from 1. */
  String toVersion(int version) {
    return versions.get(version - 1);
  }

  String createVersionTable() {
    return "create table if not exists "
        + control
        + "._version (version int primary key, applied_at timestamptz not null default now())";
  }

  /** Allows a role to call the functions and to read their results. */
  String grantToUsers(String role) {
    return read("grant_to_users.sql").replace("{{role}}", SqlNames.quoted(role));
  }

  /** Allows a role that owns nothing to run the service. */
  String grantToService(String role) {
    return read("grant_to_service.sql").replace("{{role}}", SqlNames.quoted(role));
  }

  /** Everything at once, for psql: creates a new schema or migrates an old one. */
  public String all(@Nullable String usersRole, @Nullable String serviceRole) {
    var sql = new StringBuilder("begin;\n\n");
    // The lock of a service that starts meanwhile and also finds the schema missing.
    sql.append("select pg_advisory_xact_lock(")
        .append(Migrator.LOCK)
        .append(", hashtext(")
        .append(SqlNames.literal(namespace))
        .append("));\n\n");
    sql.append("create schema if not exists ").append(control).append(";\n\n");
    sql.append(createVersionTable()).append(";\n\n");
    for (int version = 1; version <= newestVersion(); version++) {
      sql.append(toVersion(version))
          .append("\ninsert into ")
          .append(control)
          .append("._version (version) values (")
          .append(version)
          .append(") on conflict do nothing;\n\n");
    }
    if (usersRole != null) {
      sql.append(grantToUsers(usersRole)).append('\n');
    }
    if (serviceRole != null) {
      sql.append(grantToService(serviceRole)).append('\n');
    }
    return sql.append("commit;\n").toString();
  }
}
