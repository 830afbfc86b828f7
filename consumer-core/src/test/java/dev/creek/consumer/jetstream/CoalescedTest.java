package dev.creek.consumer.jetstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class CoalescedTest {
  private final List<Sinks.One<String>> asked = new ArrayList<>();
  private final Coalesced<String, String> coalesced =
      new Coalesced<>(
          about ->
              Mono.defer(
                  () -> {
                    Sinks.One<String> answer = Sinks.one();
                    asked.add(answer);
                    return answer.asMono();
                  }));

  private final List<String> answers = new ArrayList<>();

  @Test
  void thoseWhoAskMeanwhileShareTheNextAnswer() {
    ask("a");
    ask("a");
    ask("a");
    assertThat(asked).hasSize(1);

    asked.get(0).tryEmitValue("first");
    assertThat(answers).containsExactly("first");
    assertThat(asked).hasSize(2);

    asked.get(1).tryEmitValue("second");
    assertThat(answers).containsExactly("first", "second", "second");
  }

  @Test
  void everythingHasQuestionsOfItsOwn() {
    ask("a");
    ask("b");
    assertThat(asked).hasSize(2);
  }

  @Test
  void anErrorIsThatOfItsOwnQuestion() {
    ask("a");
    ask("a");
    asked.get(0).tryEmitError(new IllegalStateException("gone"));
    assertThat(answers).containsExactly("error: gone");
    asked.get(1).tryEmitEmpty();
    assertThat(answers).containsExactly("error: gone", "nothing");
  }

  @Test
  void whoeverStopsWaitingLeavesTheQuestionToTheOthers() {
    ask("a");
    var impatient = coalesced.ask("a").subscribe();
    ask("a");
    impatient.dispose();
    asked.get(0).tryEmitValue("first");
    asked.get(1).tryEmitValue("second");
    assertThat(answers).containsExactly("first", "second");
    ask("a");
    assertThat(asked).hasSize(3);
  }

  @Test
  void everybodyIsAnsweredWhoeverAsksAtOnce() {
    var many =
        new Coalesced<Integer, Integer>(
            about -> Mono.just(about).publishOn(Schedulers.boundedElastic()));
    StepVerifier.create(
            Flux.range(0, 20_000)
                .flatMap(
                    i -> many.ask(i % 3).subscribeOn(Schedulers.parallel()).map(a -> i % 3 == a),
                    64)
                .filter(right -> right)
                .count())
        .expectNext(20_000L)
        .expectComplete()
        .verify(Duration.ofMinutes(3));
  }

  private void ask(String about) {
    coalesced
        .ask(about)
        .defaultIfEmpty("nothing")
        .subscribe(answers::add, e -> answers.add("error: " + e.getMessage()));
  }
}
