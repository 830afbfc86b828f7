package dev.creek.consumer.source;

import dev.creek.consumer.stream.Batch;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Signal;

/**
 * An element that is still to be read, or an error in the place of one. An error signal would
 * overtake elements that were not asked for yet, and cancel what is being handled; if the error
 * comes again, that would never be handled. Elements are read as they leave, because reading may
 * fail, too, and operators look one element ahead.
 *
 * @param <E> the element
 */
record InTurn<E>(@Nullable E element, @Nullable Throwable error) {

  /** The elements that come of a batch, or an error in their place. */
  static <E> Iterable<InTurn<E>> of(Signal<Batch> signal, Function<Batch, Iterable<E>> elements) {
    if (signal.isOnError()) {
      return List.of(new InTurn<>(null, signal.getThrowable()));
    }
    Batch batch = signal.get();
    return batch == null ? List.of() : of(elements.apply(batch));
  }

  private static <E> Iterable<InTurn<E>> of(Iterable<E> elements) {
    return () -> {
      Iterator<E> all = elements.iterator();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return all.hasNext();
        }

        @Override
        public InTurn<E> next() {
          return new InTurn<>(all.next(), null);
        }
      };
    };
  }

  /** Reads the element; throws the error. */
  <U> U read(Function<E, U> reader) {
    Throwable failure = error;
    if (failure != null) {
      throw Exceptions.propagate(failure);
    }
    return reader.apply(Objects.requireNonNull(element));
  }
}
