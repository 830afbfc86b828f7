package dev.creek.consumer.app;

import dev.creek.consumer.app.cli.StopSignals;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.LoggerFactory;

/**
 * SIGTERM and SIGINT. A shutdown hook would not suffice: the JVM then ends with 143 in any case,
 * and ignores a second signal while the hook runs.
 *
 * <p>{@code sun.misc.Signal} is used by reflection, because javac's warning about it cannot be
 * switched off; if it is missing, signals keep the JVM's own meaning.
 *
 * <p>Public for the demo, which ends in the same way.
 */
public final class ProcessSignals implements StopSignals {
  private static final int SIGNAL_EXIT = 128;

  private final AtomicBoolean asked = new AtomicBoolean();

  @Override
  public void listen(Consumer<String> first) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Method number = signal.getMethod("getNumber");
      Object handler =
          Proxy.newProxyInstance(
              handlerType.getClassLoader(),
              new Class<?>[] {handlerType},
              (proxy, method, arguments) -> {
                if (!method.getName().equals("handle") || arguments == null) {
                  return method.invoke(this, arguments);
                }
                onSignal(
                    "SIG" + signal.getMethod("getName").invoke(arguments[0]),
                    (int) number.invoke(arguments[0]),
                    first);
                return null;
              });
      for (String name : new String[] {"TERM", "INT"}) {
        signal
            .getMethod("handle", signal, handlerType)
            .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
      }
    } catch (ReflectiveOperationException | RuntimeException e) {
      LoggerFactory.getLogger(ProcessSignals.class)
          .debug("This JVM has no signals to listen to", e);
    }
  }

  private void onSignal(String name, int number, Consumer<String> first) {
    if (asked.compareAndSet(false, true)) {
      first.accept(name);
    } else {
      Runtime.getRuntime().halt(SIGNAL_EXIT + number);
    }
  }
}
