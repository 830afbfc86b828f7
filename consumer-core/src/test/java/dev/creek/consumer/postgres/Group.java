package dev.creek.consumer.postgres;

import static dev.creek.consumer.postgres.Waiting.await;

import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.GroupWriter;
import dev.creek.consumer.stream.GroupWriter.Part;
import dev.creek.consumer.testing.WalBytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Several tables' way into one target, batch by batch, as the stream would drive it. */
public final class Group {
  private final PostgresTarget target;
  private GroupWriter writer;

  public Group(PostgresTarget target) {
    this.target = target;
    this.writer = target.tables().groupWriter();
  }

  public GroupWriter writer() {
    return writer;
  }

  /** Begins again, after the old one was closed. */
  public void restart(Line... lines) {
    await(writer.close());
    writer = target.tables().groupWriter();
    for (Line line : lines) {
      line.restart();
    }
  }

  /** A batch that is made table by table. */
  public Parts with(Line line, WalBytes... messages) {
    return new Parts().with(line, messages);
  }

  public final class Parts {
    private final Map<Line, List<WalBytes>> messages = new LinkedHashMap<>();

    public Parts with(Line line, WalBytes... more) {
      messages.computeIfAbsent(line, any -> new ArrayList<>()).addAll(List.of(more));
      return this;
    }

    /** Writes whole transactions. */
    public List<Applied> apply() {
      return await(applying(true));
    }

    /** Writes a part of a transaction that goes on. */
    public @Nullable List<Applied> applyPart() {
      return await(applying(false));
    }

    public Mono<List<Applied>> applying(boolean endsTransaction) {
      Map<Line, Batch> batches = new LinkedHashMap<>();
      messages.forEach((line, its) -> batches.put(line, line.batch(endsTransaction, its)));
      return Group.this.applying(batches, endsTransaction);
    }
  }

  public Mono<List<Applied>> applying(Map<Line, Batch> batches, boolean endsTransaction) {
    return Flux.fromIterable(batches.entrySet())
        .concatMap(
            entry ->
                entry
                    .getKey()
                    .writer()
                    .prepare(entry.getValue())
                    .map(prepared -> new Part(entry.getKey().writer(), prepared)))
        .collectList()
        .flatMap(parts -> writer.apply(parts, endsTransaction));
  }
}
