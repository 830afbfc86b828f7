package dev.creek.consumer.jetstream;

import io.nats.client.AuthHandler;
import io.nats.client.NKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Signs with the nkey seed of a file, which is read each time. */
final class NkeyFileAuth implements AuthHandler {
  private final Path file;

  NkeyFileAuth(Path file) {
    this.file = file;
  }

  @Override
  public byte[] sign(byte[] nonce) {
    return with(
        key -> {
          try {
            return key.sign(nonce);
          } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("cannot sign with the nkey in " + file, e);
          }
        });
  }

  @Override
  public char[] getID() {
    return with(
        key -> {
          try {
            return key.getPublicKey();
          } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("cannot use the nkey in " + file, e);
          }
        });
  }

  @Override
  public char @Nullable [] getJWT() {
    return null;
  }

  private <T> T with(Function<NKey, T> use) {
    NKey key;
    try {
      key = NKey.fromSeed(seed());
    } catch (IllegalArgumentException e) {
      // The cause might quote the seed.
      throw new IllegalStateException("no nkey seed in " + file);
    }
    try {
      return use.apply(key);
    } finally {
      key.clear();
    }
  }

  private char[] seed() {
    try {
      return Files.readAllLines(file).stream()
          .map(String::trim)
          .filter(line -> line.startsWith("S"))
          .findFirst()
          .orElse("")
          .toCharArray();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the nkey file " + file, e);
    }
  }
}
