package dev.creek.consumer.jetstream;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Files for TLS. Whatever is null is the Java platform's default. The server's certificate must be
 * valid for the host that the URI names.
 *
 * @param caCertificates PEM file with the certificates to trust
 * @param trustStore JKS or PKCS #12 file with the certificates to trust
 * @param trustStorePassword password of the trust store
 * @param clientCertificate PEM file with the client's certificate chain
 * @param clientKey PEM file with the client's private key, PKCS #8
 */
public record TlsFiles(
    @Nullable Path caCertificates,
    @Nullable Path trustStore,
    @Nullable String trustStorePassword,
    @Nullable Path clientCertificate,
    @Nullable Path clientKey) {

  /** Only the platform's defaults. */
  public static final TlsFiles NONE = new TlsFiles(null, null, null, null, null);

  public TlsFiles {
    if (caCertificates != null && trustStore != null) {
      throw new IllegalArgumentException("give either CA certificates or a trust store, not both");
    }
    if ((clientCertificate == null) != (clientKey == null)) {
      throw new IllegalArgumentException(
          "a client certificate needs a key, and a key a certificate");
    }
  }

  /** Trusts the certificates of a PEM file. */
  public static TlsFiles trusting(Path caCertificates) {
    return new TlsFiles(caCertificates, null, null, null, null);
  }

  /** Whether nothing but defaults was asked for. */
  public boolean isEmpty() {
    return equals(NONE);
  }

  @Override
  public String toString() {
    return "TlsFiles[ca="
        + caCertificates
        + ", trustStore="
        + trustStore
        + ", certificate="
        + clientCertificate
        + ", key="
        + clientKey
        + "]";
  }
}
