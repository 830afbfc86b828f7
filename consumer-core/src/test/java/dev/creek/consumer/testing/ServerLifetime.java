package dev.creek.consumer.testing;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * From when to when an extension's server runs. JUnit calls an extension of a static field before
 * the class and before each test, one of an instance field only before the test: whichever context
 * comes first starts the server, and the end of that same context ends it.
 */
final class ServerLifetime<S extends AutoCloseable> {

  private static final Namespace SHARED = Namespace.create(ServerLifetime.class);

  private final @Nullable Class<S> sharedAs;
  private final Supplier<S> start;
  private @Nullable S server;
  private @Nullable ExtensionContext owner;

  private ServerLifetime(@Nullable Class<S> sharedAs, Supplier<S> start) {
    this.sharedAs = sharedAs;
    this.start = start;
  }

  static <S extends AutoCloseable> ServerLifetime<S> own(Supplier<S> start) {
    return new ServerLifetime<>(null, start);
  }

  /** One server for each type, kept in JUnit's root store, which closes it after the last test. */
  static <S extends AutoCloseable> ServerLifetime<S> shared(Class<S> type, Supplier<S> start) {
    return new ServerLifetime<>(type, start);
  }

  S server() {
    if (server == null) {
      throw new IllegalStateException(
          "the server runs only during tests; is the extension's field annotated"
              + " @RegisterExtension, and static if @BeforeAll uses it?");
    }
    return server;
  }

  void requireOwn() {
    if (sharedAs != null) {
      throw new IllegalStateException("other test classes use this server too; take own()");
    }
  }

  void begin(ExtensionContext context) {
    if (sharedAs != null) {
      server =
          context
              .getRoot()
              .getStore(SHARED)
              .getOrComputeIfAbsent(sharedAs, type -> start.get(), sharedAs);
    } else if (owner == null) {
      server = start.get();
      owner = context;
    }
  }

  boolean endsWith(ExtensionContext context) {
    return context.equals(owner);
  }

  void end(ExtensionContext context) {
    if (!endsWith(context) || server == null) {
      return;
    }
    try {
      server.close();
    } catch (Exception e) {
      throw new IllegalStateException("could not end " + server, e);
    } finally {
      owner = null;
      server = null;
    }
  }
}
