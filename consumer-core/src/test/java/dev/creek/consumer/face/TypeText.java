package dev.creek.consumer.face;

import java.lang.reflect.AnnotatedArrayType;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.AnnotatedTypeVariable;
import java.lang.reflect.AnnotatedWildcardType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.TypeVariable;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Types as text, with {@code @Nullable}. The JDK's own text of annotated types differs between its
 * versions.
 */
final class TypeText {
  /** Without its package if that is {@code java.lang}, {@code java.util} or ours. */
  String name(Class<?> type) {
    return type.getTypeName()
        .replaceFirst("^(java\\.lang|java\\.util|dev\\.creek\\.consumer)\\.(?=[A-Z])", "")
        .replaceFirst("^dev\\.creek\\.consumer\\.(?=(api|source)\\.)", "")
        .replace('$', '.');
  }

  Stream<String> all(AnnotatedType[] types) {
    return Arrays.stream(types).map(this::of);
  }

  String of(AnnotatedType type) {
    String nullable = type.isAnnotationPresent(Nullable.class) ? "@Nullable " : "";
    if (type instanceof AnnotatedArrayType array) {
      return of(array.getAnnotatedGenericComponentType()) + " " + nullable + "[]";
    }
    return nullable + unannotated(type);
  }

  private String unannotated(AnnotatedType type) {
    if (type instanceof AnnotatedParameterizedType with) {
      return name((Class<?>) ((ParameterizedType) type.getType()).getRawType())
          + all(with.getAnnotatedActualTypeArguments()).collect(Collectors.joining(", ", "<", ">"));
    }
    if (type instanceof AnnotatedWildcardType wildcard) {
      return "?"
          + bounds(" super ", wildcard.getAnnotatedLowerBounds())
          + bounds(" extends ", wildcard.getAnnotatedUpperBounds());
    }
    if (type instanceof AnnotatedTypeVariable variable) {
      return variable.getType().getTypeName();
    }
    return name((Class<?>) type.getType());
  }

  /** {@code <T extends X> }; empty if there are none. */
  String parameters(TypeVariable<?>[] variables) {
    return variables.length == 0
        ? ""
        : Arrays.stream(variables)
            .map(
                variable -> variable.getName() + bounds(" extends ", variable.getAnnotatedBounds()))
            .collect(Collectors.joining(", ", "<", "> "));
  }

  private String bounds(String word, AnnotatedType[] bounds) {
    String all =
        Arrays.stream(bounds)
            .filter(bound -> bound.getType() != Object.class)
            .map(this::of)
            .collect(Collectors.joining(" & "));
    return all.isEmpty() ? "" : word + all;
  }
}
