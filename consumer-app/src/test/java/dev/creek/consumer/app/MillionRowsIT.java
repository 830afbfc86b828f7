package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A snapshot that is larger than memory, by the packaged command line with a heap of 64 MiB. */
@Tag("long")
final class MillionRowsIT {
  private static final int ROWS = 1_000_000;
  private static final Duration PATIENCE = Duration.ofMinutes(8);
  private static final Pattern SUBJECT = Pattern.compile("1,000,000 rows of (\\S+) in");

  private static final String CONTENTS =
      "select count(*) || ' ' || sum(id) || ' ' || sum(hashtext(note)::bigint) from public.events";

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();

  @Test
  void goesThroughAHeapOf64MegabytesInEitherMode() {
    source.execute(
        "create table events (id int primary key, at timestamptz, note text)",
        "insert into events select i, now(), 'event number ' || i from generate_series(1, %d) i"
            .formatted(ROWS),
        "analyze events");
    String mapping = path.mapping("events").toString();
    path.produce(path.producing(Generation.OLD));
    String described = run("snapshot", "--mode", "clean", mapping);
    assertThat(target.value(CONTENTS)).isEqualTo(source.value(CONTENTS));

    target.execute(
        "delete from events where id % 2 = 0", "update events set note = 'mine' where id % 3 = 0");
    Matcher subject = SUBJECT.matcher(described);
    assertThat(subject.find()).as(described).isTrue();
    run("apply-snapshot", "--name", subject.group(1), "--mode", "upsert", mapping);
    assertThat(target.value(CONTENTS)).isEqualTo(source.value(CONTENTS));
  }

  private static String run(String... arguments) {
    return ServiceProcess.of(arguments)
        .jvmOptions("-Xmx64m")
        .environment(path.environment())
        .run(PATIENCE)
        .orThrow();
  }
}
