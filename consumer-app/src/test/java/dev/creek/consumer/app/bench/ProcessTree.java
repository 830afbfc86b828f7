package dev.creek.consumer.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** What Linux tells of a process and its children in {@code /proc}; elsewhere nothing is known. */
final class ProcessTree {
  /** Of the kernel's interface, whatever its own clock is. */
  private static final double TICKS_PER_SECOND = 100;

  private static final int UTIME = 11;
  private static final int CSTIME = 14;

  private ProcessTree() {}

  /** Processor seconds of the process and of all its children, those that have ended included. */
  static OptionalDouble cpuSeconds(OptionalLong pid) {
    if (pid.isEmpty() || !Files.isDirectory(proc(pid.getAsLong()))) {
      return OptionalDouble.empty();
    }
    double ticks = ticks(pid.getAsLong());
    for (ProcessHandle child : descendants(pid.getAsLong())) {
      ticks += ticks(child.pid());
    }
    return OptionalDouble.of(ticks / TICKS_PER_SECOND);
  }

  private static List<ProcessHandle> descendants(long pid) {
    try (Stream<ProcessHandle> all =
        ProcessHandle.of(pid).stream().flatMap(ProcessHandle::descendants)) {
      return all.toList();
    }
  }

  /** Its own, and those of its children that it has waited for. */
  private static double ticks(long pid) {
    try {
      String stat = Files.readString(proc(pid).resolve("stat"));
      // The name, in brackets, may hold anything.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      double ticks = 0;
      for (int i = UTIME; i <= CSTIME; i++) {
        ticks += Long.parseLong(fields[i]);
      }
      return ticks;
    } catch (IOException e) {
      return 0; // It has ended.
    }
  }

  /** Most memory that the process ever had resident. */
  static OptionalLong peakRssBytes(long pid) {
    try (Stream<String> lines = Files.lines(proc(pid).resolve("status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  private static Path proc(long pid) {
    return Path.of("/proc", Long.toString(pid));
  }
}
