package dev.creek.consumer.app.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.creek.consumer.api.BrokerOptions.Reader;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BenchOptionsTest {
  @AfterEach
  void forget() {
    List.of("scenarios", "scale", "reader", "seconds", "warmup", "long")
        .forEach(name -> System.clearProperty("bench." + name));
  }

  @Test
  void aGroupNamesAllOfItsScenarios() {
    System.setProperty("bench.scenarios", "latency, mixed");

    assertThat(Scenarios.chosen(BenchOptions.ofProperties()))
        .extracting(Scenario::name)
        .containsExactly("mixed", "latency-100", "latency-1000", "spread-1000");
  }

  @Test
  void whatTakesLongRunsOnlyIfItIsAskedFor() {
    assertThat(Scenarios.chosen(BenchOptions.ofProperties()))
        .isNotEmpty()
        .noneMatch(Scenario::takesLong);
    System.setProperty("bench.long", "true");
    assertThat(Scenarios.chosen(BenchOptions.ofProperties()))
        .extracting(Scenario::name)
        .contains("mixed", "steady-1000", "tables-scaling-10");
    System.clearProperty("bench.long");
    System.setProperty("bench.scenarios", "steady");
    assertThat(Scenarios.chosen(BenchOptions.ofProperties()))
        .extracting(Scenario::name)
        .containsExactly("steady-1000");
  }

  @Test
  void warmsUpForHalfTheTimeUnlessItIsTold() {
    System.setProperty("bench.seconds", "20");
    assertThat(BenchOptions.ofProperties().warmUpSeconds()).isEqualTo(10);
    System.setProperty("bench.warmup", "3");
    assertThat(BenchOptions.ofProperties().warmUpSeconds()).isEqualTo(3);
    System.setProperty("bench.warmup", "-1");
    assertThatIllegalArgumentException()
        .isThrownBy(BenchOptions::ofProperties)
        .withMessageContaining("-Dbench.warmup=-1");
  }

  @Test
  void saysWhatIsWrong() {
    System.setProperty("bench.scale", "0");
    assertThatIllegalArgumentException()
        .isThrownBy(BenchOptions::ofProperties)
        .withMessageContaining("-Dbench.scale=0");
  }

  @Test
  void readsTheWayToTheBroker() {
    assertThat(BenchOptions.ofProperties().reader()).isEqualTo(Reader.DIRECT);
    System.setProperty("bench.reader", "client");
    assertThat(BenchOptions.ofProperties().reader()).isEqualTo(Reader.CLIENT);
    System.setProperty("bench.reader", "fast");
    assertThatIllegalArgumentException()
        .isThrownBy(BenchOptions::ofProperties)
        .withMessageContaining("-Dbench.reader=fast is none of [direct, client]");
  }

  @Test
  void refusesScenariosThatAreNone() {
    System.setProperty("bench.scenarios", "mixd");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Scenarios.chosen(BenchOptions.ofProperties()))
        .withMessageContaining("mixd is none of [");
  }
}
