package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerTls;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Makes the TLS context of {@link BrokerTls}. */
final class TlsContext {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");
  private static final char[] IN_MEMORY = {};

  private TlsContext() {}

  /**
   * Reads the files.
   *
   * @throws IllegalArgumentException if a file does not contain what it should
   */
  static SSLContext of(BrokerTls files) throws IOException, GeneralSecurityException {
    var context = SSLContext.getInstance("TLS");
    context.init(keys(files), trust(files), null);
    return context;
  }

  private static KeyManager @Nullable [] keys(BrokerTls files)
      throws IOException, GeneralSecurityException {
    Path certificate = files.clientCertificate();
    Path key = files.clientKey();
    if (certificate == null || key == null) {
      return null;
    }
    var store = emptyStore();
    store.setKeyEntry(
        "client",
        privateKey(key),
        IN_MEMORY,
        certificates(certificate).toArray(Certificate[]::new));
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, IN_MEMORY);
    return factory.getKeyManagers();
  }

  private static TrustManager[] trust(BrokerTls files)
      throws IOException, GeneralSecurityException {
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted(files));
    TrustManager[] managers = factory.getTrustManagers();
    for (int i = 0; i < managers.length; i++) {
      if (managers[i] instanceof X509ExtendedTrustManager manager) {
        managers[i] = new HostChecked(manager);
      }
    }
    return managers;
  }

  /** Null stands for the platform's own. */
  private static @Nullable KeyStore trusted(BrokerTls files)
      throws IOException, GeneralSecurityException {
    Path trustStore = files.trustStore();
    if (trustStore != null) {
      String password = files.trustStorePassword();
      return KeyStore.getInstance(
          trustStore.toFile(), password == null ? null : password.toCharArray());
    }
    Path ca = files.caCertificates();
    if (ca == null) {
      return null;
    }
    var store = emptyStore();
    int n = 0;
    for (Certificate certificate : certificates(ca)) {
      store.setCertificateEntry("ca" + n++, certificate);
    }
    return store;
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static Collection<? extends Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    try (var in = Files.newInputStream(file)) {
      var found = CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (found.isEmpty()) {
        throw new IllegalArgumentException("no certificate in " + file);
      }
      return found;
    }
  }

  private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
    Matcher pem = KEY.matcher(Files.readString(file));
    if (!pem.find()) {
      throw new IllegalArgumentException(
          "no unencrypted PKCS #8 key (BEGIN PRIVATE KEY) in "
              + file
              + "; convert it with: openssl pkcs8 -topk8 -nocrypt");
    }
    var encoded = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
    for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
      } catch (InvalidKeySpecException e) {
        // The file does not name the key's algorithm: the next one is tried.
      }
    }
    throw new IllegalArgumentException("the key in " + file + " is of an unknown kind");
  }

  /**
   * Checks that the certificate is the host's own. The NATS client does not, and the context is the
   * only place to add the check.
   */
  private static final class HostChecked extends X509ExtendedTrustManager {
    private static final String LIKE_HTTPS = "HTTPS";

    private final X509ExtendedTrustManager chain;

    HostChecked(X509ExtendedTrustManager chain) {
      this.chain = chain;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] certificates, String type, Socket socket)
        throws CertificateException {
      if (socket instanceof SSLSocket tls) {
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm(LIKE_HTTPS);
        tls.setSSLParameters(parameters);
      }
      chain.checkServerTrusted(certificates, type, socket);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] certificates, String type, SSLEngine engine)
        throws CertificateException {
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm(LIKE_HTTPS);
      engine.setSSLParameters(parameters);
      chain.checkServerTrusted(certificates, type, engine);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] certificates, String type)
        throws CertificateException {
      throw new CertificateException("without a connection there is no host to compare with");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] certificates, String type, Socket socket)
        throws CertificateException {
      chain.checkClientTrusted(certificates, type, socket);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] certificates, String type, SSLEngine engine)
        throws CertificateException {
      chain.checkClientTrusted(certificates, type, engine);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] certificates, String type)
        throws CertificateException {
      chain.checkClientTrusted(certificates, type);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return chain.getAcceptedIssuers();
    }
  }
}
