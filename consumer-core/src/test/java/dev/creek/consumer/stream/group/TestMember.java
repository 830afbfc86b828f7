package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.stream.batch.ChangeDecoder;
import java.time.Duration;
import java.time.Instant;

/** A member that takes no notice of what it is told. */
class TestMember implements Member {
  private final Claim claim;
  private final LogState log;
  private final StartAt start;
  private final TableWriter writer;

  TestMember(Claim claim, LogState log, StartAt start, TableWriter writer) {
    this.claim = claim;
    this.log = log;
    this.start = start;
    this.writer = writer;
  }

  static Mapping mapping(SourceTable table) {
    return new Mapping(table, new TargetTable("copy", table.table()));
  }

  @Override
  public Mapping mapping() {
    return claim.mapping();
  }

  @Override
  public Claim claim() {
    return claim;
  }

  @Override
  public LogState log() {
    return log;
  }

  @Override
  public StartAt start() {
    return start;
  }

  @Override
  public TableWriter writer() {
    return writer;
  }

  @Override
  public ChangeDecoder newDecoder(StartAt.Sequence first) {
    throw new UnsupportedOperationException("it reads nothing");
  }

  @Override
  public void together() {}

  @Override
  public ReadListener listener() {
    return ReadListener.NONE;
  }

  @Override
  public void read(int changes, Instant oldest, long last) {}

  @Override
  public void readTo(long frontier, long pending) {}

  @Override
  public void written(Batch batch, Duration took) {}

  @Override
  public void failedIn(Batch batch) {}

  @Override
  public void returnsNow() {}

  @Override
  public void goesApart(long until) {}
}
