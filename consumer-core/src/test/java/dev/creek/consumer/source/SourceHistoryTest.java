package dev.creek.consumer.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.pipeline.RandomHistory;
import dev.creek.consumer.testing.CapturedMessage;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.testing.MemoryLog;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.wire.MessageAssembler;
import dev.creek.consumer.wire.SchemaMessage;
import dev.creek.consumer.wire.WalDecoder;
import dev.creek.consumer.wire.WireMessage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Whole histories, random and captured, as a program gets them. */
class SourceHistoryTest {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int MAX_MESSAGE_BYTES = 8 << 20;

  static LongStream seeds() {
    long first = Long.getLong("creek.seed", 1);
    return LongStream.range(first, first + Integer.getInteger("creek.histories", 6));
  }

  /** A row of both tables. */
  record Item(int id, @Nullable Integer slot, long version, @Nullable String note) {
    static Item of(Object[] row) {
      return new Item((Integer) row[0], (Integer) row[1], (Long) row[2], (String) row[3]);
    }
  }

  /**
   * Reading breaks, handlers fail, subscriptions are cancelled and their sources closed: the
   * program ends with the rows of the model, and every version came once, in order.
   */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aRandomHistoryEndsWithTheModelsRowsAndEachChangeTakesEffectOnce(long seed) {
    Random random = new Random(seed);
    Generation generation = random.nextBoolean() ? Generation.OLD : Generation.NEW;
    List<RandomHistory> histories =
        Stream.of("one", "two")
            .map(t -> new RandomHistory(random.nextLong(), t, generation).transactions(200))
            .toList();
    AtomicInteger faults = new AtomicInteger(8);
    MemoryLog log = new MemoryLog(random.nextLong(), () -> breakReading(faults, random));
    long last = fill(log, histories, random);
    Positions positions = Positions.inMemory();
    Map<String, Map<Integer, Item>> tables = Map.of("one", new TreeMap<>(), "two", new TreeMap<>());
    Set<String> effects = new HashSet<>();
    List<String> twice = new ArrayList<>();

    while (sequence(positions) < last) {
      try (MemorySource memory =
          new MemorySource(
              log,
              options ->
                  options
                      .positions(positions)
                      .batches(1 + random.nextInt(60), 500 + random.nextInt(20_000))
                      .transactions(1 + random.nextInt(300), 1 << 20))) {
        int until = 1 + random.nextInt(150);
        memory
            .source()
            .changes("source.app.one", "source.app.t*")
            .as(Item.class)
            .transactions()
            .take(until)
            .concatMap(
                tx ->
                    Mono.defer(
                        () -> {
                          if (faults.get() > 0 && random.nextInt(30) == 0) {
                            faults.decrementAndGet();
                            return Mono.error(new IllegalStateException("says the test"));
                          }
                          tx.changes().forEach(c -> apply(c, tables, effects, twice));
                          return tx.commit();
                        }),
                0)
            .retryWhen(Retry.fixedDelay(50, Duration.ofMillis(1)))
            .takeUntilOther(reached(positions, last))
            .blockLast(PATIENCE);
      }
    }

    assertThat(twice).as("seed %d", seed).isEmpty();
    for (RandomHistory history : histories) {
      Map<Integer, Item> expected = new TreeMap<>();
      history.rows().forEach((id, row) -> expected.put(id, Item.of(row)));
      assertThat(tables.get(history.wire().source().table()))
          .as("seed %d, %s", seed, history.wire().source())
          .isEqualTo(expected);
    }
  }

  /** Reading has no end. */
  private static Mono<Void> reached(Positions positions, long last) {
    return Mono.delay(Duration.ofMillis(20))
        .flatMap(later -> positions.load())
        .repeat()
        .takeUntil(at -> at.position().sequence() >= last)
        .then();
  }

  private static long sequence(Positions positions) {
    return positions.load().map(at -> at.position().sequence()).blockOptional().orElse(0L);
  }

  private static void breakReading(AtomicInteger faults, Random random) {
    synchronized (random) {
      if (faults.get() > 0 && random.nextInt(12) == 0) {
        faults.decrementAndGet();
        throw new BrokerException.Unavailable("the broker went away, says the test");
      }
    }
  }

  private static long fill(MemoryLog log, List<RandomHistory> histories, Random random) {
    List<List<WalBytes>> left = new ArrayList<>();
    for (RandomHistory history : histories) {
      log.publish(
          history.wire().source(), history.wire().fingerprint(), history.wire().schemaText());
      left.add(new ArrayList<>(history.messages()));
    }
    long last = 0;
    while (left.stream().anyMatch(l -> !l.isEmpty())) {
      int which = random.nextInt(left.size());
      if (!left.get(which).isEmpty()) {
        last =
            log.append(histories.get(which).wire().source(), left.get(which).remove(0).packets());
      }
    }
    return last;
  }

  private static void apply(
      Change<Item> change,
      Map<String, Map<Integer, Item>> tables,
      Set<String> effects,
      List<String> twice) {
    Map<Integer, Item> rows = tables.get(change.table().table());
    String effect = change.table().table() + change.origin().sequence();
    if (!effects.add(effect)) {
      twice.add(effect);
    }
    if (change instanceof Change.Insert<Item> insert) {
      rows.put(insert.row().id(), insert.row());
    } else if (change instanceof Change.Update<Item> update) {
      rows.put(update.row().id(), update.row());
    } else if (change instanceof Change.KeyChange<Item> moved) {
      rows.remove(moved.oldKey().getInteger("id"));
      rows.put(moved.row().id(), moved.row());
    } else if (change instanceof Change.Delete<Item> delete) {
      rows.remove(delete.key().getInteger("id"));
    } else {
      rows.clear();
    }
  }

  /** A captured message, as Avro alone reads it with the producer's own schema. */
  private record Captured(SourceTable table, GenericRecord envelope) {}

  @ParameterizedTest
  @EnumSource
  void everyCapturedChangeIsWhatAvroReadsWithTheProducersOwnSchema(Generation generation)
      throws IOException {
    GoldenCapture capture = new GoldenCapture(generation);
    MemoryLog log = new MemoryLog(3, () -> {});
    Map<Long, String> schemas = new HashMap<>();
    String schemaPrefix = prefix(capture, "schema");
    for (var whole : assembled(capture.schemas(), schemaPrefix)) {
      SchemaMessage message = SchemaMessage.parse(whole.message());
      if (message.fingerprint() != null) {
        schemas.put(message.fingerprint().bits(), message.schema());
        log.publish(whole.table(), message.fingerprint(), message.schema());
      }
    }
    String walPrefix = prefix(capture, "wal");
    capture
        .wal()
        .forEach(packet -> log.append(table(packet, walPrefix), List.of(packet.payload())));
    List<Captured> expected = new ArrayList<>();
    for (var whole : assembled(capture.wal(), walPrefix)) {
      expected.add(new Captured(whole.table(), avro(whole.message(), schemas)));
    }

    List<Change<GenericRecord>> changes = new ArrayList<>();
    try (MemorySource memory = new MemorySource(log, options -> options)) {
      memory
          .source()
          .changes(GoldenCapture.DATABASE + ".*.*")
          .as(RowMapper.avro())
          .transactions()
          .doOnNext(tx -> changes.addAll(tx.changes()))
          .takeUntil(tx -> changes.size() >= expected.size())
          .blockLast(PATIENCE);
    }

    assertThat(changes).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(changes.get(i).table()).isEqualTo(expected.get(i).table());
      compare(changes.get(i), expected.get(i).envelope());
    }
  }

  private record Whole(SourceTable table, WireMessage message) {}

  private static List<Whole> assembled(List<CapturedMessage> packets, String prefix) {
    Map<String, MessageAssembler> assemblers = new HashMap<>();
    List<Whole> whole = new ArrayList<>();
    for (CapturedMessage packet : packets) {
      WireMessage message =
          assemblers
              .computeIfAbsent(packet.subject(), s -> new MessageAssembler(MAX_MESSAGE_BYTES))
              .accept(packet.sequence(), packet.payload());
      if (message != null) {
        whole.add(new Whole(table(packet, prefix), message));
      }
    }
    return whole;
  }

  private static String prefix(GoldenCapture capture, String kind) {
    return capture.streamState(kind).at("/config/subjects/0").textValue().replace(">", "");
  }

  private static SourceTable table(CapturedMessage packet, String prefix) {
    String[] names = packet.subject().substring(prefix.length()).split("\\.", 2);
    return new SourceTable(GoldenCapture.DATABASE, names[0], names[1]);
  }

  private static GenericRecord avro(WireMessage message, Map<Long, String> schemas)
      throws IOException {
    Schema schema = new Schema.Parser().parse(schemas.get(WalDecoder.fingerprint(message)));
    byte[] bytes =
        Arrays.copyOfRange(
            message.bytes(), message.offset() + 10, message.offset() + message.length());
    return new GenericDatumReader<GenericRecord>(schema)
        .read(null, DecoderFactory.get().binaryDecoder(bytes, null));
  }

  private static void compare(Change<GenericRecord> change, GenericRecord envelope) {
    GenericRecord origin = (GenericRecord) envelope.get("source");
    assertThat(change.origin().transactionId()).isEqualTo(origin.get("tx_id"));
    assertThat(change.origin().committedAtMicros()).isEqualTo(origin.get("tx_at"));
    assertThat(change.origin().lsn()).isEqualTo(origin.get("lsn").toString());
    GenericRecord before = (GenericRecord) envelope.get("before");
    GenericRecord after = (GenericRecord) envelope.get("after");
    switch (envelope.get("op").toString()) {
      case "c" -> same(((Change.Insert<GenericRecord>) change).row(), after);
      case "u" -> {
        var update = (Change.Update<GenericRecord>) change;
        same(update.row(), after);
        assertThat(update.before()).isNull();
        if (before != null && !before.getSchema().getFields().isEmpty()) {
          same(update.key().avro(), before);
        }
      }
      case "u_pk" -> {
        if (change instanceof Change.Update<GenericRecord> full) {
          same(full.before(), before);
          same(full.row(), after);
        } else {
          var moved = (Change.KeyChange<GenericRecord>) change;
          same(moved.oldKey().avro(), before);
          same(moved.row(), after);
        }
      }
      case "d" -> same(((Change.Delete<GenericRecord>) change).key().avro(), before);
      case "t" -> assertThat(change).isInstanceOf(Change.Truncate.class);
      default -> throw new AssertionError(envelope.get("op").toString());
    }
  }

  private static void same(GenericRecord ours, GenericRecord avros) {
    assertThat(ours.getSchema().getFields())
        .extracting(Schema.Field::name)
        .isEqualTo(avros.getSchema().getFields().stream().map(Schema.Field::name).toList());
    for (Schema.Field field : ours.getSchema().getFields()) {
      Object expected = avros.get(field.name());
      Object value = ours.get(field.name());
      // Avro's own texts are Utf8, and the enum's symbols of producers differ.
      assertThat(text(value)).isEqualTo(text(expected));
    }
  }

  private static String text(@Nullable Object value) {
    return value == null
        ? "null"
        : value.toString().replaceAll("negative_infinity_[0-9a-f]{16}", "negative_infinity");
  }
}
