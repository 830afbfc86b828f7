package dev.creek.consumer.postgres.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.testing.Patience;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class GatheredTest {
  private final List<List<Integer>> together = Collections.synchronizedList(new ArrayList<>());
  private final List<Integer> alone = Collections.synchronizedList(new ArrayList<>());
  private final Sinks.Empty<Void> firstMayEnd = Sinks.empty();

  @Test
  void whatIsAskedMeanwhileIsAskedTogether() {
    Gathered<Integer, String> gathered = gathered(this::answers);
    List<CompletableFuture<String>> answers =
        IntStream.range(0, 700).mapToObj(n -> gathered.ask(n).toFuture()).toList();
    firstMayEnd.tryEmitEmpty();
    for (int n = 0; n < answers.size(); n++) {
      assertThat(Mono.fromFuture(answers.get(n)).block(Patience.LIMIT)).isEqualTo("answer " + n);
    }
    assertThat(together).hasSize(3);
    assertThat(together.get(0)).containsExactly(0);
    assertThat(together.get(1)).hasSize(500);
    assertThat(alone).isEmpty();
  }

  @Test
  void whatIsLeftOpenIsAskedAlone() {
    firstMayEnd.tryEmitEmpty();
    Gathered<Integer, String> gathered = gathered(numbers -> Mono.just(Map.of()));
    assertThat(gathered.ask(7).block(Patience.LIMIT)).isEqualTo("answer 7");
    assertThat(alone).containsExactly(7);
  }

  @Test
  void ifTheCommonQuestionFailsEachIsAskedAloneAndHasItsOwnError() {
    Gathered<Integer, String> gathered =
        gathered(numbers -> Mono.error(new IllegalStateException("for all")));
    CompletableFuture<String> good = gathered.ask(1).toFuture();
    CompletableFuture<String> bad = gathered.ask(-1).toFuture();
    CompletableFuture<String> none = gathered.ask(0).toFuture();
    firstMayEnd.tryEmitEmpty();
    assertThat(Mono.fromFuture(good).block(Patience.LIMIT)).isEqualTo("answer 1");
    assertThatThrownBy(() -> Mono.fromFuture(bad).block(Patience.LIMIT)).hasMessage("not -1");
    assertThat(Mono.fromFuture(none).blockOptional(Patience.LIMIT)).isEmpty();
  }

  @Test
  void theSameTwiceIsAskedTwice() {
    Gathered<Integer, String> gathered = gathered(this::answers);
    CompletableFuture<String> first = gathered.ask(0).toFuture();
    CompletableFuture<String> one = gathered.ask(5).toFuture();
    CompletableFuture<String> again = gathered.ask(5).toFuture();
    firstMayEnd.tryEmitEmpty();
    for (CompletableFuture<String> each : List.of(first, one, again)) {
      assertThat(Mono.fromFuture(each).block(Patience.LIMIT)).startsWith("answer");
    }
    assertThat(alone).containsExactly(5);
  }

  @Test
  void whatNobodyWantsAnyMoreIsNotAsked() {
    Gathered<Integer, String> gathered = gathered(this::answers);
    CompletableFuture<String> first = gathered.ask(0).toFuture();
    Disposable unwanted = gathered.ask(5).subscribe();
    CompletableFuture<String> last = gathered.ask(6).toFuture();
    unwanted.dispose();
    firstMayEnd.tryEmitEmpty();
    Mono.fromFuture(first).block(Patience.LIMIT);
    assertThat(Mono.fromFuture(last).block(Patience.LIMIT)).isEqualTo("answer 6");
    assertThat(together).containsExactly(List.of(0), List.of(6));
  }

  private Mono<Map<Integer, String>> answers(List<Integer> numbers) {
    return Mono.just(numbers.stream().collect(Collectors.toMap(n -> n, n -> "answer " + n)));
  }

  private Gathered<Integer, String> gathered(
      Function<List<Integer>, Mono<Map<Integer, String>>> answers) {
    return new Gathered<>(
        numbers -> {
          together.add(numbers);
          return firstMayEnd.asMono().then(Mono.defer(() -> answers.apply(numbers)));
        },
        number -> {
          alone.add(number);
          if (number < 0) {
            return Mono.error(new IllegalStateException("not " + number));
          }
          return number == 0 ? Mono.empty() : Mono.just("answer " + number);
        });
  }
}
