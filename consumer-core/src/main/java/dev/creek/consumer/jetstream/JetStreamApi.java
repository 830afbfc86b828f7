package dev.creek.consumer.jetstream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.stream.StartAt;
import io.nats.client.Message;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ApiResponse;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerCreateRequest;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.api.MessageGetRequest;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.ReplayPolicy;
import io.nats.client.support.JsonSerializable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The API of JetStream: its requests, and what their answers mean. Errors: {@link ApiException} if
 * JetStream refuses, {@link BrokerException.Unavailable} if there is no answer.
 */
final class JetStreamApi {
  /** The pattern of all subjects of a stream. */
  static final String EVERY_SUBJECT = ">";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final byte[] NOTHING = {};

  private final Requests requests;
  private final Coalesced<String, StreamState> states = new Coalesced<>(this::state);

  JetStreamApi(Requests requests) {
    this.requests = requests;
  }

  /** Subject of requests for a consumer's next messages. */
  String nextSubject(PullConsumer consumer) {
    return requests.apiSubject(
        "CONSUMER.MSG.NEXT." + consumer.stream().name() + "." + consumer.name());
  }

  /** State of a stream; empty if there is none. */
  Mono<StreamState> stream(String name) {
    return states.ask(name);
  }

  private Mono<StreamState> state(String name) {
    return call("STREAM.INFO." + name, NOTHING)
        .map(answer -> streamState(name, answer))
        .onErrorResume(ApiException.class, e -> e.streamNotFound() ? Mono.empty() : Mono.error(e));
  }

  /** The same with the configuration, for checks. */
  Mono<StreamFacts> facts(String name) {
    return call("STREAM.INFO." + name, NOTHING)
        .map(StreamFacts::of)
        .onErrorResume(ApiException.class, e -> e.streamNotFound() ? Mono.empty() : Mono.error(e));
  }

  /**
   * Sequences of the messages that are missing between a stream's oldest and its newest, in no
   * order. The answer may be long, and is not parsed into a tree.
   */
  Mono<long[]> deleted(String stream) {
    var request = JSON.createObjectNode().put("deleted_details", true);
    return requests
        .toJetStream("STREAM.INFO." + stream, bytes(request))
        .map(answer -> DeletedList.read(JSON, answer.getData()));
  }

  /** Names of all streams. */
  Flux<String> streamNames() {
    return streamNames(0)
        .expand(page -> page.isLast() ? Mono.empty() : streamNames(page.end()))
        .concatMapIterable(NamePage::names);
  }

  private Mono<NamePage> streamNames(int offset) {
    return call("STREAM.NAMES", bytes(JSON.createObjectNode().put("offset", offset)))
        .map(answer -> NamePage.of(answer, offset));
  }

  /** The server answers with a limited number of names at a time, and with their total. */
  private record NamePage(List<String> names, int end, int total) {
    static NamePage of(JsonNode answer, int offset) {
      List<String> names = new ArrayList<>();
      answer.path("streams").forEach(name -> names.add(name.asText()));
      return new NamePage(names, offset + names.size(), answer.path("total").intValue());
    }

    boolean isLast() {
      return names.isEmpty() || end >= total;
    }
  }

  /** Number of messages of each subject; empty if there is no such stream, or nothing matches. */
  Flux<SubjectCount> subjects(String stream, String pattern) {
    return subjects(stream, pattern, 0)
        .expand(page -> page.isLast() ? Mono.empty() : subjects(stream, pattern, page.end()))
        .concatMapIterable(SubjectPage::subjects);
  }

  private Mono<SubjectPage> subjects(String stream, String pattern, int offset) {
    var request = JSON.createObjectNode().put("subjects_filter", pattern).put("offset", offset);
    return call("STREAM.INFO." + stream, bytes(request))
        .map(answer -> SubjectPage.of(answer, offset))
        .onErrorResume(ApiException.class, e -> e.streamNotFound() ? Mono.empty() : Mono.error(e));
  }

  /** Number of messages of a subject in a stream. */
  record SubjectCount(String subject, long messages) {}

  /** The server answers with a limited number of subjects at a time, and with their total. */
  private record SubjectPage(List<SubjectCount> subjects, int end, int total) {
    static SubjectPage of(JsonNode answer, int offset) {
      List<SubjectCount> subjects = new ArrayList<>();
      answer
          .path("state")
          .path("subjects")
          .properties()
          .forEach(s -> subjects.add(new SubjectCount(s.getKey(), s.getValue().longValue())));
      return new SubjectPage(subjects, offset + subjects.size(), answer.path("total").intValue());
    }

    boolean isLast() {
      return subjects.isEmpty() || end >= total;
    }
  }

  /** The oldest message with this subject; empty if the stream has none. */
  Mono<StoredMessage> firstMessage(String stream, String subject) {
    return nextMessage(stream, subject, 1);
  }

  /** The first message with this subject from a sequence on; empty if there is none. */
  Mono<StoredMessage> nextMessage(String stream, String subject, long sequence) {
    return message(stream, MessageGetRequest.nextForSubject(sequence, subject));
  }

  /** The newest message with this subject; empty if the stream has none. */
  Mono<StoredMessage> lastMessage(String stream, String subject) {
    return message(stream, MessageGetRequest.lastForSubject(subject));
  }

  private Mono<StoredMessage> message(String stream, MessageGetRequest request) {
    return call(
            "STREAM.MSG.GET." + stream, request, answer -> new MessageInfo(answer, stream, false))
        .map(StoredMessage::of)
        .onErrorResume(ApiException.class, e -> e.messageNotFound() ? Mono.empty() : Mono.error(e));
  }

  /** A message of a stream. */
  @SuppressWarnings("ArrayRecordComponent") // identity is never compared
  record StoredMessage(long sequence, Instant time, byte[] data) {
    private static StoredMessage of(MessageInfo message) {
      ZonedDateTime time = message.getTime();
      byte[] data = message.getData();
      return new StoredMessage(
          message.getSeq(),
          time == null ? Instant.EPOCH : time.toInstant(),
          data == null ? NOTHING : data);
    }
  }

  /**
   * Creates a consumer that lives in the broker's memory, needs no acknowledgement, and disappears
   * when it is not used.
   *
   * @param name its name, not used before
   * @param subject the one subject that it reads; {@link #EVERY_SUBJECT}: all of the stream,
   *     without a filter, which costs the broker least
   */
  Mono<ConsumerState> createConsumer(
      String stream, String name, String subject, StartAt start, Duration inactivity) {
    boolean filtered = !subject.equals(EVERY_SUBJECT);
    var config =
        ConsumerConfiguration.builder()
            .name(name)
            .description("creek-consumer reading " + (filtered ? subject : stream))
            .ackPolicy(AckPolicy.None)
            .replayPolicy(ReplayPolicy.Instant)
            .inactiveThreshold(inactivity)
            .numReplicas(1)
            .memStorage(true);
    if (filtered) {
      config.filterSubject(subject);
    }
    if (start instanceof StartAt.Sequence from) {
      config.deliverPolicy(DeliverPolicy.ByStartSequence).startSequence(from.first());
    } else if (start instanceof StartAt.Time from) {
      config
          .deliverPolicy(DeliverPolicy.ByStartTime)
          .startTime(from.first().atZone(ZoneOffset.UTC));
    } else {
      config.deliverPolicy(DeliverPolicy.All);
    }
    return call(
            "CONSUMER.CREATE." + stream + "." + name + (filtered ? "." + subject : ""),
            new ConsumerCreateRequest(stream, config.build()),
            ConsumerInfo::new)
        .map(
            created ->
                new ConsumerState(
                    created.getDelivered().getStreamSequence(), created.getNumPending()));
  }

  /** Deletes a consumer; completes whether or not that worked. Closing waits for it. */
  Mono<Void> deleteConsumer(String stream, String name) {
    return requests
        .finishing(call("CONSUMER.DELETE." + stream + "." + name, NOTHING).then())
        .onErrorComplete();
  }

  /**
   * For answers that the client has no public type for. {@code StreamInfo} is none for us: it
   * refuses streams whose names are not ASCII.
   */
  private Mono<JsonNode> call(String request, byte[] body) {
    return requests.toJetStream(request, body).map(JetStreamApi::answer);
  }

  private <T extends ApiResponse<?>> Mono<T> call(
      String request, JsonSerializable body, Function<Message, T> type) {
    return requests.toJetStream(request, body.serialize()).map(type).map(JetStreamApi::accepted);
  }

  private static JsonNode answer(Message message) {
    JsonNode answer;
    try {
      answer = JSON.readTree(message.getData());
    } catch (IOException e) {
      throw notJson(e);
    }
    JsonNode error = answer.path("error");
    if (error.isObject()) {
      throw ApiException.of(error);
    }
    return answer;
  }

  private static <T extends ApiResponse<?>> T accepted(T answer) {
    if (!answer.hasError()) {
      return answer;
    }
    throw ApiResponse.PARSE_ERROR_TYPE.equals(answer.getType())
        ? notJson(null)
        : new ApiException(answer.getApiErrorCode(), String.valueOf(answer.getDescription()));
  }

  private static BrokerException.Unavailable notJson(@Nullable Throwable cause) {
    return new BrokerException.Unavailable("JetStream answered something else than JSON", cause);
  }

  private static StreamState streamState(String name, JsonNode answer) {
    JsonNode state = answer.path("state");
    List<String> subjects = new ArrayList<>();
    answer.path("config").path("subjects").forEach(subject -> subjects.add(subject.asText()));
    return new StreamState(
        new StreamIdentity(
            name, time(answer.path("created").asText()).truncatedTo(ChronoUnit.MICROS)),
        state.path("first_seq").longValue(),
        state.path("last_seq").longValue(),
        state.path("num_deleted").longValue(),
        state.path("first_ts").asText(),
        state.path("last_ts").asText(),
        subjects);
  }

  /** A time as JetStream writes it; the epoch if there is none. */
  static Instant time(String text) {
    return text.isEmpty() ? Instant.EPOCH : OffsetDateTime.parse(text).toInstant();
  }

  private static byte[] bytes(ObjectNode node) {
    try {
      return JSON.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
