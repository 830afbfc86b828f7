package dev.creek.consumer.api;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Files for TLS. Null means the Java platform's default. The server's certificate must be valid for
 * the host that the URI names.
 *
 * @param caCertificates PEM file with the certificates to trust
 * @param trustStore JKS or PKCS #12 file with the certificates to trust
 * @param trustStorePassword password of the trust store
 * @param clientCertificate PEM file with the client's certificate chain
 * @param clientKey PEM file with the client's private key, PKCS #8
 */
public record BrokerTls(
    @Nullable Path caCertificates,
    @Nullable Path trustStore,
    @Nullable String trustStorePassword,
    @Nullable Path clientCertificate,
    @Nullable Path clientKey) {

  /** The platform's defaults only. */
  public static final BrokerTls NONE = new BrokerTls(null, null, null, null, null);

  public BrokerTls {
    if (caCertificates != null && trustStore != null) {
      throw new IllegalArgumentException("give either CA certificates or a trust store, not both");
    }
    if ((clientCertificate == null) != (clientKey == null)) {
      throw new IllegalArgumentException(
          "a client certificate needs a key, and a key a certificate");
    }
  }

  /** Trusts the certificates of a PEM file. */
  public static BrokerTls trusting(Path caCertificates) {
    return new BrokerTls(caCertificates, null, null, null, null);
  }

  /** Tells whether only defaults are used. */
  public boolean isEmpty() {
    return equals(NONE);
  }

  @Override
  public String toString() {
    return "BrokerTls[ca="
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
