package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/** The packaged jar says what it is made of, and nothing in it tells when or where it was made. */
final class BillOfMaterialsIT {
  private static final String PLACE = "META-INF/sbom/creek-consumer.cdx.json";

  /** A library under another licence is a decision for people. */
  private static final Set<String> LICENCES =
      Set.of(
          "Apache-2.0",
          "BSD-2-Clause",
          "BSD-3-Clause",
          "CC0-1.0",
          "EPL-1.0",
          "GNU Lesser General Public License",
          "MIT",
          "MIT-0",
          "Bouncy Castle Licence");

  @Test
  void namesEveryLibraryWithItsLicenceAndItsHash() throws IOException {
    assumeTrue(hasBill(), "the jar was built without -Psbom");
    var names = new TreeSet<String>();
    JsonNode bill = bill();
    assertThat(bill.get("metadata").has("timestamp")).isFalse();
    for (JsonNode library : bill.get("components")) {
      String name = library.get("purl").asText();
      names.add(library.get("name").asText());
      assertThat(library.get("licenses")).as(name).isNotEmpty();
      for (JsonNode licence : library.get("licenses")) {
        JsonNode said = licence.get("license");
        assertThat(LICENCES).as(name).contains(said.path("id").asText(said.path("name").asText()));
      }
      if (!library.get("group").asText().equals("dev.creek")) {
        assertThat(library.get("hashes").findValuesAsText("alg")).as(name).contains("SHA-256");
      }
    }
    assertThat(names)
        .contains("creek-consumer-core", "reactor-core", "r2dbc-postgresql", "jnats")
        .contains("netty-handler", "logback-classic", "picocli", "jackson-databind")
        .doesNotContain("junit-jupiter", "assertj-core", "postgresql", "avro", "commons-compress");
  }

  /** Its own classes at a fixed time, the libraries' at theirs. */
  @Test
  void holdsNothingThatAnotherBuildOfTheSameCommitWouldMakeOtherwise() throws IOException {
    try (var jar = new JarFile(System.getProperty("creek.jar"))) {
      assertThat(
              jar.stream()
                  .filter(entry -> entry.getName().startsWith("dev/creek/"))
                  .map(ZipEntry::getTimeLocal)
                  .distinct())
          .hasSize(1);
      assertThat(jar.getManifest().getMainAttributes().keySet())
          .extracting(Object::toString)
          .doesNotContain("Built-By", "Build-Jdk", "Build-Time");
    }
  }

  private static boolean hasBill() throws IOException {
    try (var jar = new JarFile(System.getProperty("creek.jar"))) {
      return jar.getEntry(PLACE) != null;
    }
  }

  private static JsonNode bill() throws IOException {
    try (var jar = new JarFile(System.getProperty("creek.jar"));
        InputStream bill = jar.getInputStream(jar.getEntry(PLACE))) {
      return new ObjectMapper().readTree(bill);
    }
  }
}
