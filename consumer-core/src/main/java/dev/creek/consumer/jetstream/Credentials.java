package dev.creek.consumer.jetstream;

import java.nio.file.Path;

/**
 * How the connection proves who it is, where the server URIs do not say it. Printed without
 * secrets.
 */
public sealed interface Credentials {

  /** Nothing: an open server, or one that goes by the client certificate. */
  record None() implements Credentials {}

  /** A name and a password. */
  record User(String name, String password) implements Credentials {
    @Override
    public String toString() {
      return "User[" + name + "]";
    }
  }

  /** A token. */
  record Token(String token) implements Credentials {
    @Override
    public String toString() {
      return "Token[]";
    }
  }

  /** A file with a user's JWT and seed; read again at every connect, so that it may be renewed. */
  record CredentialsFile(Path file) implements Credentials {}

  /** A file with an nkey seed; read again at every connect. */
  record NkeyFile(Path file) implements Credentials {}
}
