package dev.creek.consumer.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The build of somebody else, in a folder of its own, that knows of this project nothing but the
 * artifact and the pom that is published with it. What Maven has downloaded before is used, and
 * nothing of this build is left there: the local repository is a folder of links to the ordinary
 * one, with the artifact beside them.
 */
public final class StrangersBuild {
  private static final String GROUP = "dev/creek";
  private static final String CORE = "creek-consumer-core";

  private final Path folder;
  private final Path root;
  private final String version;
  private final boolean offline;

  private StrangersBuild(Path folder, Path root, String version, boolean offline) {
    this.folder = folder;
    this.root = root;
    this.version = version;
    this.offline = offline;
  }

  /**
   * Writes the project, into a folder that goes away with the JVM.
   *
   * @param boot the version of Spring Boot whose dependency management it imports; null for none
   */
  public static StrangersBuild importing(@Nullable String boot) {
    Path root = Path.of(setting("creek.test.root"));
    var build =
        new StrangersBuild(
            Scratch.onDisk("stranger"),
            root,
            setting("creek.test.version"),
            setting("creek.test.offline").endsWith("true"));
    try {
      build.installArtifact();
      Files.writeString(build.folder.resolve("pom.xml"), build.pom(boot));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return build;
  }

  /**
   * A copy of a project of this repository, which knows of it nothing but the artifact.
   *
   * @param project its folder, below the root
   */
  public static StrangersBuild copyOf(String project) {
    Path root = Path.of(setting("creek.test.root"));
    var build =
        new StrangersBuild(
            Scratch.onDisk("example"),
            root,
            setting("creek.test.version"),
            setting("creek.test.offline").endsWith("true"));
    try {
      build.installArtifact();
      copy(root.resolve(project), build.folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return build;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path place = to.resolve(from.relativize(file).toString());
        Files.createDirectories(place.getParent());
        Files.copy(file, place);
      }
    }
  }

  /**
   * Compiles the project.
   *
   * @param options for Maven
   * @return the class path at run time, its own classes first
   * @throws IllegalStateException with what Maven says where it cannot
   */
  public List<Path> compile(String... options) {
    List<String> more = new ArrayList<>(List.of(options));
    more.add("-Dcreek.version=" + version);
    more.add("compile");
    List<Path> classpath = new ArrayList<>();
    classpath.add(folder.resolve("target/classes"));
    classpath.addAll(resolve(more));
    return classpath;
  }

  /** Starts a class in a JVM of its own; whoever starts it ends it. */
  public Process start(String name, List<Path> classpath, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(tool("java"), "-Xmx256m", "-cp"));
    command.add(joined(classpath));
    command.add(name);
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(name + ".out").toFile())
        .start();
  }

  /** What the class that was started last has printed so far. */
  public String printed(String name) throws IOException {
    return Files.readString(folder.resolve(name + ".out"));
  }

  private static String joined(List<Path> classpath) {
    return String.join(File.pathSeparator, classpath.stream().map(Path::toString).toList());
  }

  private static String setting(String name) {
    String value = System.getProperty(name);
    if (value == null) {
      throw new IllegalStateException(name + " is not set: Maven does that, for `verify`");
    }
    return value;
  }

  private void installArtifact() throws IOException {
    Path ordinary = Path.of(setting("creek.test.repository"));
    link(ordinary, repository(), "dev");
    link(ordinary.resolve("dev"), repository().resolve("dev"), "creek");
    install(Path.of(setting("creek.test.pom")), CORE, "pom");
    install(Path.of(setting("creek.test.jar")), CORE, "jar");
  }

  private static void link(Path from, Path to, String except) throws IOException {
    Files.createDirectories(to);
    if (Files.isDirectory(from)) {
      try (Stream<Path> groups = Files.list(from)) {
        for (Path group : groups.filter(it -> !it.endsWith(except)).toList()) {
          Files.createSymbolicLink(to.resolve(group.getFileName()), group);
        }
      }
    }
  }

  private void install(Path file, String artifact, String extension) throws IOException {
    Path place = repository().resolve(GROUP).resolve(artifact).resolve(version);
    Files.createDirectories(place);
    Files.copy(file, place.resolve(artifact + "-" + version + "." + extension));
  }

  private Path repository() {
    return folder.resolve("repository");
  }

  private String pom(@Nullable String boot) {
    String management =
        boot == null
            ? ""
            : """
              <dependencyManagement><dependencies><dependency>
                <groupId>org.springframework.boot</groupId>
                <artifactId>spring-boot-dependencies</artifactId>
                <version>%s</version>
                <type>pom</type>
                <scope>import</scope>
              </dependency></dependencies></dependencyManagement>
              """
                .formatted(boot);
    return """
           <project xmlns="http://maven.apache.org/POM/4.0.0">
             <modelVersion>4.0.0</modelVersion>
             <groupId>stranger</groupId>
             <artifactId>program</artifactId>
             <version>1</version>
           %s
             <dependencies><dependency>
               <groupId>dev.creek</groupId>
               <artifactId>%s</artifactId>
               <version>%s</version>
             </dependency></dependencies>
           </project>
           """
        .formatted(management, CORE, version);
  }

  /** Whether this build was told to use nothing but what is there. */
  public boolean isOffline() {
    return offline;
  }

  /**
   * Resolves the class path at run time.
   *
   * @throws IllegalStateException with what Maven says where it cannot
   */
  public List<Path> resolve() {
    return resolve(List.of());
  }

  private List<Path> resolve(List<String> more) {
    Path file = folder.resolve("classpath");
    List<String> command = new ArrayList<>();
    command.add(root.resolve("mvnw").toString());
    command.addAll(List.of("-B", "-q", "-f", folder.resolve("pom.xml").toString()));
    if (offline) {
      command.add("-o");
    }
    command.add("-Dmaven.repo.local=" + repository());
    command.addAll(more);
    command.add("-Dmdep.outputFile=" + file);
    command.add("-Dmdep.includeScope=runtime");
    command.add(
        "org.apache.maven.plugins:maven-dependency-plugin:%s:build-classpath"
            .formatted(setting("creek.test.dependency-plugin")));
    Commands.run(command, Map.of("MAVEN_OPTS", "", "MAVEN_ARGS", ""));
    try {
      return Arrays.stream(Files.readString(file).strip().split(File.pathSeparator))
          .map(Path::of)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Compiles a class in the unnamed package and runs it in a JVM of its own, to that one's end.
   *
   * @param name of the class
   * @return its output
   * @throws IllegalStateException with the output where either fails
   */
  public String run(String name, String source, List<Path> classpath, String... arguments) {
    Path program = folder.resolve(name + ".java");
    try {
      Files.writeString(program, source);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Path classes = folder.resolve("classes");
    String libraries = joined(classpath);
    Commands.run(
        List.of(tool("javac"), "-cp", libraries, "-d", classes.toString(), program.toString()));
    List<String> command = new ArrayList<>();
    command.addAll(List.of(tool("java"), "-Xmx256m", "-cp"));
    command.add(classes + File.pathSeparator + libraries);
    command.add(name);
    command.addAll(List.of(arguments));
    return Commands.run(command);
  }

  private static String tool(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name).toString();
  }
}
