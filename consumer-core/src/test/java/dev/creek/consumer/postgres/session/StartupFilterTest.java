package dev.creek.consumer.postgres.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

/** What of a connection's start-up message reaches a pooler. */
final class StartupFilterTest {
  private static final int VERSION = 3 << 16;
  private static final int TLS_REQUEST = 80_877_103;

  private final EmbeddedChannel channel = new EmbeddedChannel(new StartupFilter());

  /** A message with a version and texts, each ended by a zero byte, and one more at the end. */
  private static ByteBuf startup(String... texts) {
    ByteBuf message = Unpooled.buffer().writeInt(0).writeInt(VERSION);
    for (String text : texts) {
      message.writeBytes(text.getBytes(UTF_8)).writeByte(0);
    }
    message.writeByte(0);
    return message.setInt(0, message.readableBytes());
  }

  private String sent(ByteBuf message) {
    channel.writeOutbound(message);
    return ByteBufUtil.hexDump(channel.<ByteBuf>readOutbound());
  }

  @Test
  void onlyWhatPoolersKeepForAClientIsSent() {
    ByteBuf given =
        startup(
            "user",
            "ann",
            "database",
            "köln",
            "application_name",
            "x",
            "DateStyle",
            "ISO",
            "extra_float_digits",
            "2",
            "TimeZone",
            "UTC",
            "search_path",
            "pg_catalog");
    String kept =
        ByteBufUtil.hexDump(
            startup(
                "user",
                "ann",
                "database",
                "köln",
                "application_name",
                "x",
                "DateStyle",
                "ISO",
                "TimeZone",
                "UTC"));
    assertThat(sent(given)).isEqualTo(kept);
    assertThat(given.refCnt()).isZero();
  }

  @Test
  void whatComesBeforeAndBehindItIsSentAsItIs() {
    ByteBuf tls = Unpooled.buffer().writeInt(8).writeInt(TLS_REQUEST);
    assertThat(sent(tls.copy())).isEqualTo(ByteBufUtil.hexDump(tls));
    assertThat(sent(startup("jit", "off"))).isEqualTo(ByteBufUtil.hexDump(startup()));
    assertThat(sent(startup("jit", "off"))).isEqualTo(ByteBufUtil.hexDump(startup("jit", "off")));
  }
}
