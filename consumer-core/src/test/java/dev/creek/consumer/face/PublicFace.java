package dev.creek.consumer.face;

import java.io.IOException;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Everything of three packages that a program can name, one line each: types with what they extend,
 * permit and consist of, and their public and protected fields, constructors and methods. Types are
 * written with their arguments and with {@code @Nullable}.
 */
final class PublicFace {
  private static final List<String> PACKAGES =
      List.of("dev.creek.consumer", "dev.creek.consumer.api", "dev.creek.consumer.source");

  private final TypeText types = new TypeText();

  private PublicFace() {}

  /** The lines of a module's classes, in order. */
  static List<String> of(Class<?> ofModule) throws IOException, URISyntaxException {
    Path classes = Path.of(ofModule.getProtectionDomain().getCodeSource().getLocation().toURI());
    var face = new PublicFace();
    var lines = new ArrayList<String>();
    for (String name : PACKAGES) {
      Path folder = classes.resolve(name.replace('.', '/'));
      for (String file : filesIn(folder)) {
        face.add(lines, name + "." + file.substring(0, file.length() - ".class".length()));
      }
    }
    return lines;
  }

  private static Set<String> filesIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".class") && !file.equals("package-info.class"))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private void add(List<String> lines, String className) {
    Class<?> type = load(className);
    if (!isVisible(type)) {
      return;
    }
    String name = types.name(type);
    lines.add(name + " is " + declaration(type));
    var members = new TreeSet<String>();
    for (Field field : type.getDeclaredFields()) {
      if (isVisible(field)) {
        members.add(modifiers(field) + types.of(field.getAnnotatedType()) + " " + field.getName());
      }
    }
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      if (isVisible(constructor)) {
        members.add(modifiers(constructor) + "new" + signature(constructor));
      }
    }
    for (Method method : type.getDeclaredMethods()) {
      if (isVisible(method)) {
        members.add(
            modifiers(method)
                + types.parameters(method.getTypeParameters())
                + types.of(method.getAnnotatedReturnType())
                + " "
                + method.getName()
                + signature(method));
      }
    }
    members.forEach(member -> lines.add(name + ": " + member));
  }

  private static Class<?> load(String className) {
    try {
      return Class.forName(className, false, PublicFace.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  /** A nested type can be named if all types around it can. */
  private static boolean isVisible(Class<?> type) {
    Class<?> around = type.getDeclaringClass();
    boolean named = !type.isAnonymousClass() && !type.isLocalClass() && !type.isSynthetic();
    return named && isVisible(type.getModifiers()) && (around == null || isVisible(around));
  }

  private static boolean isVisible(Member member) {
    return isVisible(member.getModifiers()) && !member.isSynthetic();
  }

  private static boolean isVisible(int modifiers) {
    return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
  }

  private String declaration(Class<?> type) {
    var text = new StringBuilder(modifiers(type)).append(kind(type));
    text.append(types.parameters(type.getTypeParameters()));
    if (type.isRecord()) {
      text.append(
          Arrays.stream(type.getRecordComponents())
              .map(part -> types.of(part.getAnnotatedType()) + " " + part.getName())
              .collect(Collectors.joining(", ", "(", ")")));
    }
    AnnotatedType parent = type.getAnnotatedSuperclass();
    if (parent != null && parent.getType() != Object.class && !type.isRecord() && !type.isEnum()) {
      text.append(" extends ").append(types.of(parent));
    }
    text.append(listed(" implements ", types.all(type.getAnnotatedInterfaces())));
    if (type.isSealed()) {
      text.append(
          listed(
              " permits ", Arrays.stream(type.getPermittedSubclasses()).map(types::name).sorted()));
    }
    return text.toString();
  }

  private static String listed(String word, Stream<String> names) {
    String all = names.collect(Collectors.joining(", "));
    return all.isEmpty() ? "" : word + all;
  }

  private static String kind(Class<?> type) {
    if (type.isRecord()) {
      return "record";
    }
    if (type.isEnum()) {
      return "enum";
    }
    return type.isInterface() ? "interface" : "class";
  }

  private static String modifiers(Class<?> type) {
    boolean implied = type.isRecord() || type.isEnum() || type.isInterface();
    return (type.isSealed() ? "sealed " : "")
        + (!implied && Modifier.isAbstract(type.getModifiers()) ? "abstract " : "")
        + (!implied && Modifier.isFinal(type.getModifiers()) ? "final " : "");
  }

  private static String modifiers(Member member) {
    int all = member.getModifiers();
    return (Modifier.isProtected(all) ? "protected " : "")
        + (Modifier.isStatic(all) ? "static " : "")
        + (Modifier.isAbstract(all) ? "abstract " : "")
        + (member instanceof Field && !Modifier.isFinal(all) ? "variable " : "");
  }

  private String signature(Executable executable) {
    return types
            .all(executable.getAnnotatedParameterTypes())
            .collect(Collectors.joining(", ", "(", ")"))
        + listed(" throws ", types.all(executable.getAnnotatedExceptionTypes()));
  }
}
