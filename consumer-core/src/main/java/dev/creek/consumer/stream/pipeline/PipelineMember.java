package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.stream.batch.ChangeDecoder;
import dev.creek.consumer.stream.group.Member;
import java.time.Duration;
import java.time.Instant;

/** The table of a pipeline, while it is applied with others. */
record PipelineMember(
    TablePipeline line,
    ResumePoint from,
    @Override LogState log,
    @Override TableWriter writer,
    OutageListener outage,
    StreamingAttempt attempt)
    implements Member {

  @Override
  public Mapping mapping() {
    return line.mapping();
  }

  @Override
  public Claim claim() {
    return from.claim();
  }

  @Override
  public StartAt start() {
    return from.start();
  }

  @Override
  public ChangeDecoder newDecoder(StartAt.Sequence first) {
    // What was read and not applied is read again.
    unapplied().starts();
    boolean begins =
        from.start() instanceof StartAt.Beginning
            && first.first() <= Math.max(1, log.firstSequence());
    ChangeDecoder decoder =
        line.newDecoder(begins ? from.start() : first, claim().skips().of(log.stream()));
    attempt.reads(log.stream(), decoder);
    return decoder;
  }

  @Override
  public void together() {
    line.report().is(Membership.MEMBER);
  }

  @Override
  public ReadListener listener() {
    return unapplied().and(outage);
  }

  private LagTracker unapplied() {
    return line.report().unapplied();
  }

  @Override
  public void read(int changes, Instant oldest, long last) {
    unapplied().received(changes, oldest, last);
  }

  @Override
  public void readTo(long frontier, long pending) {
    unapplied().readTo(frontier, pending);
  }

  @Override
  public void written(Batch batch, Duration took) {
    line.report().batch(batch, took);
  }

  @Override
  public void failedIn(Batch batch) {
    attempt.failedIn(batch);
  }

  @Override
  public void returnsNow() {
    line.retryNow();
  }

  @Override
  public void goesApart(long until) {
    line.place().goesApart(until);
  }
}
