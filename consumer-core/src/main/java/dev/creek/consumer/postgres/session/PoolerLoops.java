package dev.creek.consumer.postgres.session;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpResources;

/**
 * The event loops that all connections share. Their new connections start with only the settings
 * that a pooler accepts. The driver's options cannot leave out all of those that it sends.
 */
final class PoolerLoops implements LoopResources {
  static final PoolerLoops INSTANCE = new PoolerLoops();

  private PoolerLoops() {}

  @Override
  public <C extends Channel> C onChannel(Class<C> type, EventLoopGroup group) {
    C channel = TcpResources.get().onChannel(type, group);
    // Before TLS comes: its handler is put before this one, so that this one sees plain text.
    channel.pipeline().addFirst(new StartupFilter());
    return channel;
  }

  @Override
  public <C extends Channel> Class<? extends C> onChannelClass(
      Class<C> type, EventLoopGroup group) {
    return TcpResources.get().onChannelClass(type, group);
  }

  @Override
  public EventLoopGroup onClient(boolean useNative) {
    return TcpResources.get().onClient(useNative);
  }

  @Override
  public EventLoopGroup onServer(boolean useNative) {
    return TcpResources.get().onServer(useNative);
  }

  @Override
  public EventLoopGroup onServerSelect(boolean useNative) {
    return TcpResources.get().onServerSelect(useNative);
  }

  @Override
  public boolean daemon() {
    return TcpResources.get().daemon();
  }
}
