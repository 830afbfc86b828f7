package dev.creek.consumer.postgres.session;

import io.r2dbc.postgresql.api.PostgresqlException;
import io.r2dbc.spi.R2dbcPermissionDeniedException;

/** The role that we log in as may not set {@code session_replication_role}. */
public final class RefusedReplicationRole extends R2dbcPermissionDeniedException {
  private static final long serialVersionUID = 1L;

  /** PostgreSQL's setting. */
  static final String SETTING = "session_replication_role";

  /** Insufficient privilege. */
  public static final String SQL_STATE = "42501";

  private final String hint;

  private RefusedReplicationRole(String role) {
    super(
        "the role "
            + role
            + " may not set "
            + SETTING
            + ", as --session-replication-role=replica asks",
        SQL_STATE);
    this.hint =
        "let a superuser run, on PostgreSQL 15 or newer: "
            + grant(role)
            + " (before 15 only superusers may set it; without the option, foreign keys are"
            + " checked and triggers fire)";
  }

  /** The statement that allows it from PostgreSQL 15 on. */
  public static String grant(String quotedRole) {
    return "GRANT SET ON PARAMETER " + SETTING + " TO " + quotedRole + ";";
  }

  /**
   * The error as this one if it is this refusal, else as it is.
   *
   * @param user the role that we log in as
   */
  static Throwable of(Throwable error, String user) {
    PostgresqlException server = SqlErrors.find(error, PostgresqlException.class);
    boolean refused =
        server != null
            && server.getErrorDetails().getCode().equals(SQL_STATE)
            && server.getErrorDetails().getMessage().contains(SETTING);
    return refused ? new RefusedReplicationRole(SqlNames.quoted(user)) : error;
  }

  String hint() {
    return hint;
  }
}
