package dev.creek.consumer.postgres.session;

import dev.creek.consumer.row.ValueColumn;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.r2dbc.postgresql.client.EncodedParameter;
import io.r2dbc.postgresql.codec.Codec;
import io.r2dbc.postgresql.message.Format;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * Binds a {@link BinaryArray} in PostgreSQL's binary array format. The driver's own array codecs
 * send text, which causes 720 bytes of garbage a row, and parsing on the other side.
 *
 * <p>It is passed to the driver in code, not through {@code META-INF/services}, so that shading
 * cannot lose it.
 */
final class BinaryArrayCodec implements Codec<BinaryArray> {
  /** Dimensions, null flag, element type, length, lower bound. */
  private static final int HEADER_BYTES = 5 * Integer.BYTES;

  @Override
  public boolean canEncode(Object value) {
    return value instanceof BinaryArray;
  }

  @Override
  public EncodedParameter encode(Object value) {
    var array = (BinaryArray) value;
    return encode(array, array.type().arrayOid());
  }

  @Override
  public EncodedParameter encode(Object value, int dataType) {
    var array = (BinaryArray) value;
    return new EncodedParameter(Format.FORMAT_BINARY, dataType, Flux.defer(() -> parts(array)));
  }

  /** The values are wrapped: the driver's write to the socket's buffer is the only copy. */
  private static Flux<ByteBuf> parts(BinaryArray array) {
    ValueColumn values = array.values();
    ByteBuf header = Unpooled.buffer(HEADER_BYTES);
    header.writeInt(values.count() == 0 ? 0 : 1);
    header.writeInt(values.hasNull() ? 1 : 0);
    header.writeInt(array.type().oid());
    if (values.count() == 0) {
      return Flux.just(header);
    }
    header.writeInt(values.count());
    header.writeInt(1);
    return Flux.just(header, Unpooled.wrappedBuffer(values.view()));
  }

  @Override
  public boolean canDecode(int dataType, Format format, Class<?> type) {
    return false;
  }

  @Override
  public @Nullable BinaryArray decode(
      @Nullable ByteBuf buffer, int dataType, Format format, Class<? extends BinaryArray> type) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean canEncodeNull(Class<?> type) {
    return false;
  }

  @Override
  public EncodedParameter encodeNull() {
    throw new UnsupportedOperationException();
  }
}
