package dev.creek.consumer.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/**
 * A server's key and the certificate that it has signed itself, by the JDK's own tool.
 *
 * @param key as PEM, PKCS #8
 * @param certificate as PEM
 */
public record SelfSigned(String key, String certificate) {
  private static final String SECRET = "secret";

  /** One for a host of this name. */
  public static SelfSigned of(String host) {
    Path folder = Scratch.inMemory("certificate");
    try {
      return made(host, folder.resolve("keys.p12"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    } finally {
      Scratch.remove(folder);
    }
  }

  private static SelfSigned made(String host, Path store)
      throws IOException, GeneralSecurityException {
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    Commands.run(
        List.of(
            keytool,
            "-genkeypair",
            "-alias",
            "k",
            "-keyalg",
            "RSA",
            "-keysize",
            "2048",
            "-dname",
            "CN=" + host,
            "-ext",
            "SAN=dns:" + host,
            "-validity",
            "2",
            "-storetype",
            "PKCS12",
            "-storepass",
            SECRET,
            "-keystore",
            store.toString()));
    var keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, SECRET.toCharArray());
    }
    return new SelfSigned(
        pem("PRIVATE KEY", keys.getKey("k", SECRET.toCharArray()).getEncoded()),
        pem("CERTIFICATE", keys.getCertificate("k").getEncoded()));
  }

  private static String pem(String what, byte[] der) {
    String body = Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(der);
    return "-----BEGIN " + what + "-----\n" + body + "\n-----END " + what + "-----\n";
  }
}
