package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.Scratch;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What it was measured on. */
final class Machine {
  private static final Pattern NATS_VERSION = Pattern.compile("\"version\":\\s*\"([^\"]+)\"");
  private static final int FLUSHES = 50;

  private Machine() {}

  /** Name and value, in the order in which they are shown. */
  static Map<String, String> describe(Rig rig) {
    Map<String, String> machine = new LinkedHashMap<>();
    int cores = Runtime.getRuntime().availableProcessors();
    machine.put("processor", line("/proc/cpuinfo", "model name") + ", " + cores + " cores");
    machine.put("memory", line("/proc/meminfo", "MemTotal"));
    machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    machine.put("flush of 8 kB to disk", flush());
    machine.put(
        "Java",
        System.getProperty("java.runtime.version") + ", " + System.getProperty("java.vm.name"));
    machine.put(
        "PostgreSQL, both",
        String.valueOf(rig.target().database("postgres").value("show server_version")));
    machine.put("nats-server", natsVersion(rig));
    return machine;
  }

  private static String line(String file, String key) {
    try (Stream<String> lines = Files.lines(Path.of(file))) {
      return lines
          .filter(line -> line.startsWith(key))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** What a commit that waits for the disk cannot be faster than. */
  private static String flush() {
    Path folder = Scratch.onDisk("flush");
    try (FileChannel file =
        FileChannel.open(
            folder.resolve("file"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      List<Double> millis = new ArrayList<>();
      for (int i = 0; i < FLUSHES; i++) {
        long begin = System.nanoTime();
        file.write(ByteBuffer.allocate(8192));
        file.force(false);
        millis.add((System.nanoTime() - begin) / 1e6);
      }
      Spread spread = Spread.of(millis);
      return String.format(
          Locale.ROOT, "%.2f ms (%.2f – %.2f)", spread.median(), spread.min(), spread.max());
    } catch (IOException e) {
      return "unknown";
    } finally {
      Scratch.remove(folder);
    }
  }

  private static String natsVersion(Rig rig) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(rig.nats().monitoringUri() + "/varz")).build();
      String page = HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
      Matcher version = NATS_VERSION.matcher(page);
      return version.find() ? version.group(1) : "unknown";
    } catch (IOException e) {
      return "unknown";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "unknown";
    }
  }
}
