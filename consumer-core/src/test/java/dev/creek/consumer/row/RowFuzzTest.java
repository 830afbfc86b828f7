package dev.creek.consumer.row;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.testing.CapturedMessage;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.wire.MessageAssembler;
import dev.creek.consumer.wire.SchemaMessage;
import dev.creek.consumer.wire.WalDecoder;
import dev.creek.consumer.wire.WalSchema;
import dev.creek.consumer.wire.WireField;
import dev.creek.consumer.wire.WireMessage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Damaged rows of the captures end in a typed error, or in values for every column of every row:
 * never in another error, a hang, or a column that is shorter than the others.
 */
@Timeout(120)
final class RowFuzzTest {
  private static final int ROUNDS = Integer.getInteger("row.rounds", 10_000);
  private static final int MAX_BYTES = 4096;
  private static final int MAX_MESSAGE_BYTES = 8 << 20;

  private Random random = new Random();

  @BeforeEach
  void seed() {
    long seed = Long.getLong("row.seed", random.nextLong());
    System.out.println("-Drow.seed=" + seed);
    random = new Random(seed);
  }

  @ParameterizedTest
  @EnumSource
  void damagedChangesAreRefusedOrAllTheirColumnsAreWritten(Generation generation) {
    var capture = new GoldenCapture(generation);
    Map<Long, ChangePlan> plans = new HashMap<>();
    Map<Long, WalSchema> schemas = schemas(capture);
    List<WireMessage> messages =
        assemble(capture.wal()).stream()
            .filter(m -> m.length() < MAX_BYTES && schemas.containsKey(WalDecoder.fingerprint(m)))
            .toList();
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      WireMessage original = messages.get(random.nextInt(messages.size()));
      WalSchema schema = schemas.get(WalDecoder.fingerprint(original));
      ChangePlan plan =
          plans.computeIfAbsent(
              schema.fingerprint().bits(), bits -> ChangePlan.of(schema, targetOf(schema)));
      byte[] bytes = damaged(original);
      try {
        var change =
            new WalDecoder(schema).decode(new WireMessage(bytes, 0, bytes.length, round, round));
        if (plan.key() == null) {
          plan.unfolded(List.of(change)).forEach(step -> assertThat(step).isNotNull());
        } else {
          FoldedChanges folded = plan.fold(List.of(change));
          assertWhole(folded.deletes(), plan.keyColumns());
          assertWhole(folded.updates(), plan.columns());
          assertWhole(folded.inserts(), plan.columns());
          assertWhole(
              folded.moves(),
              Stream.concat(plan.keyColumns().stream(), plan.columns().stream()).toList());
        }
      } catch (MessageException | ShapeMismatchException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(ROUNDS / 20, ROUNDS - ROUNDS / 20);
  }

  /** As many values in each column as there are rows, each as long as it says. */
  private static void assertWhole(RowColumns columns, List<PlanColumn> plan) {
    if (columns.rows() > 0) {
      assertThat(Targets.rows(plan, columns)).hasSize(columns.rows());
      assertThat(columns.columns())
          .allSatisfy(
              column -> {
                var view = column.view();
                for (int row = 0; row < columns.rows(); row++) {
                  view.position(view.position() + 4 + Math.max(0, view.getInt(view.position())));
                }
                assertThat(view.hasRemaining()).isFalse();
              });
    }
  }

  private static Map<Long, WalSchema> schemas(GoldenCapture capture) {
    var schemas = new HashMap<Long, WalSchema>();
    for (WireMessage message : assemble(capture.schemas())) {
      SchemaMessage schema = SchemaMessage.parse(message);
      if (schema.fingerprint() != null) {
        schemas.put(
            schema.fingerprint().bits(), WalSchema.parse(schema.fingerprint(), schema.schema()));
      }
    }
    return schemas;
  }

  private static List<WireMessage> assemble(List<CapturedMessage> packets) {
    var assemblers = new HashMap<String, MessageAssembler>();
    var messages = new ArrayList<WireMessage>();
    for (CapturedMessage packet : packets) {
      WireMessage message =
          assemblers
              .computeIfAbsent(packet.subject(), s -> new MessageAssembler(MAX_MESSAGE_BYTES))
              .accept(packet.sequence(), packet.payload());
      if (message != null) {
        messages.add(message);
      }
    }
    return messages;
  }

  /** A table of the types that the wire names. */
  private static TargetShape targetOf(WalSchema schema) {
    List<WireField> fields =
        schema.after().fields().stream().filter(field -> !field.repeated()).toList();
    return Targets.target(
        fields.stream().filter(WireField::key).map(WireField::name).toList(),
        fields.stream().map(RowFuzzTest::columnOf).toArray(TargetColumn[]::new));
  }

  private static TargetColumn columnOf(WireField field) {
    boolean array = field.pgType().startsWith("_");
    PgType type = typeOf(array ? field.pgType().substring(1) : field.pgType());
    return new TargetColumn(
        field.name(),
        array ? type.arrayOid() : type.oid(),
        array ? type.sqlName() + "[]" : type.sqlName(),
        field.key(),
        false,
        false,
        false);
  }

  private static PgType typeOf(String name) {
    return Stream.of(PgType.values())
        .filter(type -> type.name().equals(name.toUpperCase(Locale.ROOT)))
        .findFirst()
        .orElse(PgType.TEXT);
  }

  /** Behind the envelope's fingerprint, where rows are: 1 to 4 bytes changed, or cut, or grown. */
  private byte[] damaged(WireMessage message) {
    byte[] bytes =
        Arrays.copyOfRange(message.bytes(), message.offset(), message.offset() + message.length());
    int head = Math.min(bytes.length, 10);
    byte[] copy =
        switch (random.nextInt(6)) {
          case 0 -> Arrays.copyOf(bytes, head + random.nextInt(bytes.length - head + 1));
          case 1 -> Arrays.copyOf(bytes, bytes.length + random.nextInt(20));
          default -> bytes;
        };
    // Most of a change is its envelope and what was before: the row is at the end.
    int from = random.nextBoolean() ? Math.max(head, copy.length - 40) : head;
    for (int i = random.nextInt(4); i >= 0 && from < copy.length; i--) {
      int at = from + random.nextInt(copy.length - from);
      copy[at] =
          switch (random.nextInt(4)) {
            case 0 -> (byte) 0xff;
            case 1 -> (byte) 0x80;
            case 2 -> (byte) (copy[at] ^ 1 << random.nextInt(8));
            default -> (byte) random.nextInt();
          };
    }
    return copy;
  }
}
