package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.StartAt;
import reactor.core.publisher.Flux;

/** How a table is read: how messages come in, and whether alone or with its whole database. */
enum Way {
  DIRECT_TABLE(BrokerOptions.Reader.DIRECT, false),
  CLIENT_TABLE(BrokerOptions.Reader.CLIENT, false),
  DIRECT_DATABASE(BrokerOptions.Reader.DIRECT, true),
  CLIENT_DATABASE(BrokerOptions.Reader.CLIENT, true);

  private final BrokerOptions.Reader reader;
  private final boolean wholeDatabase;

  Way(BrokerOptions.Reader reader, boolean wholeDatabase) {
    this.reader = reader;
    this.wholeDatabase = wholeDatabase;
  }

  BrokerOptions.Reader reader() {
    return reader;
  }

  /** Whether other tables' messages come as well. */
  boolean wholeDatabase() {
    return wholeDatabase;
  }

  /** The table's packets; those of other tables are left out, as a group's member does. */
  Flux<Delivery> read(JetStreamLog log, SourceTable table, StartAt start, StreamIdentity stream) {
    return wholeDatabase
        ? log.readDatabase(table.database(), start, stream, ReadListener.NONE)
            .map(delivery -> of(table, delivery))
        : log.read(table, start, stream);
  }

  private static Delivery of(SourceTable table, Delivery delivery) {
    return new Delivery(
        delivery.packets().stream().filter(packet -> table.equals(packet.table())).toList(),
        delivery.pending(),
        delivery.frontier());
  }
}
