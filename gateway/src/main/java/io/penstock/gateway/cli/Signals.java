package io.penstock.gateway.cli;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;

/**
 * Signals of the operating system. It reaches {@code sun.misc.Signal} by reflection, because javac
 * warns of every mention of it and the build takes no warnings; no other API of the JDK can hear a
 * SIGHUP.
 */
final class Signals {
  private Signals() {}

  /**
   * Runs an action each time that a signal comes, in place of what the JVM does.
   *
   * @param name without {@code SIG}: {@code TERM}, {@code INT}, {@code HUP}
   */
  static void on(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      var run =
          MethodHandles.lookup()
              .findVirtual(Runnable.class, "run", methodType(void.class))
              .bindTo(action);
      Object listener =
          MethodHandleProxies.asInterfaceInstance(
              handler, MethodHandles.dropArguments(run, 0, signal));
      Object named = signal.getConstructor(String.class).newInstance(name);
      signal.getMethod("handle", signal, handler).invoke(null, named, listener);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("SIG" + name + " cannot be heard here", e);
    }
  }
}
