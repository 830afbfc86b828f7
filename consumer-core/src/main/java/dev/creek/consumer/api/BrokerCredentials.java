package dev.creek.consumer.api;

import java.nio.file.Path;

/**
 * The identity of the connection, if the server URIs do not contain it. Printed without secrets.
 */
public sealed interface BrokerCredentials {

  /** None: an open server, or one that uses the client certificate. */
  record None() implements BrokerCredentials {}

  /** A name and a password. */
  record User(String name, String password) implements BrokerCredentials {
    @Override
    public String toString() {
      return "User[" + name + "]";
    }
  }

  /** A token. */
  record Token(String token) implements BrokerCredentials {
    @Override
    public String toString() {
      return "Token[]";
    }
  }

  /** A file with a user's JWT and seed; read again at every connect, so it may be renewed. */
  record CredentialsFile(Path file) implements BrokerCredentials {}

  /** A file with an nkey seed; read again at every connect. */
  record NkeyFile(Path file) implements BrokerCredentials {}
}
