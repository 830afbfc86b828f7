package dev.creek.consumer.jetstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.BrokerException;
import org.junit.jupiter.api.Test;

final class DeletedListTest {
  private static long[] read(String answer) {
    return DeletedList.read(new ObjectMapper(), answer.getBytes(UTF_8));
  }

  @Test
  void holdsWhatWasDeletedAndWhatTheStoreLost() {
    assertThat(
            read(
                """
                {"config":{"subjects":["a"],"metadata":{"deleted":"7"}},
                "state":{"messages":3,"first_seq":1,"deleted":[4,2],"num_deleted":2,
                "lost":{"msgs":[9,10],"bytes":17}}}"""))
        .containsExactly(4, 2, 9, 10);
  }

  @Test
  void isEmptyWhereNothingIsMissing() {
    assertThat(read("{\"state\":{\"messages\":3}}")).isEmpty();
  }

  @Test
  void tellsRefusals() {
    assertThatThrownBy(
            () ->
                read(
                    "{\"error\":{\"code\":404,\"err_code\":10059,\"description\":\"stream not found\"}}"))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("stream not found");
  }

  @Test
  void refusesWhatIsNoJson() {
    assertThatThrownBy(() -> read("{\"state\":")).isInstanceOf(BrokerException.Unavailable.class);
  }
}
