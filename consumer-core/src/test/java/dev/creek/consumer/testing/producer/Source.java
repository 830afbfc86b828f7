package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URLDecoder;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.postgresql.PGProperty;

/** Where the source database is, and how to connect to it. */
final class Source {
  private final String url;
  private final Properties properties = new Properties();

  private Source(String url) {
    this.url = url;
    PGProperty.APPLICATION_NAME.set(properties, "creek-producer-for-tests");
    // Values travel as text, and the text must not depend on how the database is set up.
    PGProperty.OPTIONS.set(
        properties, "-c DateStyle=ISO -c IntervalStyle=postgres -c bytea_output=hex");
    PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "13");
    PGProperty.STRING_TYPE.set(properties, "unspecified");
    PGProperty.CONNECT_TIMEOUT.set(properties, 10);
  }

  /** Takes pgjdbc's URLs and libpq's. */
  static Source of(String url) {
    if (url.startsWith("jdbc:")) {
      return new Source(url);
    }
    URI uri = URI.create(url);
    var source =
        new Source(
            "jdbc:postgresql://"
                + uri.getHost()
                + (uri.getPort() < 0 ? "" : ":" + uri.getPort())
                + uri.getRawPath()
                + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery()));
    if (uri.getRawUserInfo() != null) {
      String[] user = uri.getRawUserInfo().split(":", 2);
      PGProperty.USER.set(source.properties, decoded(user[0]));
      if (user.length == 2) {
        PGProperty.PASSWORD.set(source.properties, decoded(user[1]));
      }
    }
    return source;
  }

  /** The name of the database in the URL. */
  String database() {
    String path = url.substring(url.lastIndexOf('/') + 1);
    int query = path.indexOf('?');
    return decoded(query < 0 ? path : path.substring(0, query));
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(url, properties);
  }

  Connection connectForReplication() throws SQLException {
    Properties replication = new Properties();
    replication.putAll(properties);
    PGProperty.REPLICATION.set(replication, "database");
    PGProperty.PREFER_QUERY_MODE.set(replication, "simple");
    return DriverManager.getConnection(url, replication);
  }

  /** Creates what the producer needs and does not find: the publication and the slot. */
  void prepare(ProducerSettings settings) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      String publication = settings.publication();
      if (!exists(connection, "pg_publication where pubname = ?", publication)) {
        String tables =
            settings.tables().isEmpty()
                ? "all tables"
                : "table " + String.join(", ", settings.tables());
        statement.execute(
            "create publication \"%s\" for %s with (publish_via_partition_root = true)"
                .formatted(publication, tables));
      }
      if (!exists(connection, "pg_replication_slots where slot_name = ?", settings.slot())) {
        statement.execute(
            "select pg_create_logical_replication_slot('%s', 'pgoutput')"
                .formatted(settings.slot()));
      }
    }
  }

  /** Up to where the slot is acknowledged. */
  long confirmedLsn(String slot) throws SQLException {
    try (Connection connection = connect();
        PreparedStatement statement =
            connection.prepareStatement(
                "select confirmed_flush_lsn - '0/0'::pg_lsn"
                    + " from pg_replication_slots where slot_name = ?")) {
      statement.setString(1, slot);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    }
  }

  /** Writes a mark into the WAL, behind everything that has committed, and says where it is. */
  long mark() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select pg_logical_emit_message(true, 'creek', '') - '0/0'::pg_lsn")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static boolean exists(Connection connection, String what, String name)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("select 1 from " + what)) {
      statement.setString(1, name);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next();
      }
    }
  }

  private static String decoded(String part) {
    return URLDecoder.decode(part.replace("+", "%2B"), UTF_8);
  }
}
