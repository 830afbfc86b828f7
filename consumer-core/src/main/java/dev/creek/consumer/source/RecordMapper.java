package dev.creek.consumer.source;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/** Makes records of rows. The way from columns to components is found once for each schema. */
final class RecordMapper<R extends Record> implements RowMapper<R> {
  private final Class<R> type;
  private final List<Component> components;

  /** Takes an array of the arguments. */
  private final MethodHandle constructor;

  /** The last one used; replaced as a whole, so any thread may use it. */
  private volatile @Nullable Plan plan;

  private final Map<TableSchema, int[]> columns = Collections.synchronizedMap(new WeakHashMap<>());

  /**
   * A component.
   *
   * @param boxed its type; of a primitive, the class of its objects
   * @param items of a list; Object if it does not say
   */
  private record Component(String name, Class<?> boxed, boolean primitive, Class<?> items) {
    static Component of(RecordComponent component) {
      Class<?> type = component.getType();
      return new Component(
          component.getName(),
          MethodType.methodType(type).wrap().returnType(),
          type.isPrimitive(),
          items(component.getGenericType()));
    }

    private static Class<?> items(Type type) {
      return type instanceof ParameterizedType list
              && list.getActualTypeArguments()[0] instanceof Class<?> items
          ? items
          : Object.class;
    }

    int in(TableSchema schema) {
      int index = schema.index(name);
      return index >= 0 ? index : schema.index(snake(name));
    }

    private static String snake(String camel) {
      return camel.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }
  }

  /**
   * @param columns index of each component's column
   */
  @SuppressWarnings("ArrayRecordComponent") // identity is never compared
  private record Plan(TableSchema schema, int[] columns) {}

  private RecordMapper(Class<R> type, List<Component> components, MethodHandle constructor) {
    this.type = type;
    this.components = components;
    this.constructor = constructor;
  }

  static <R extends Record> RecordMapper<R> of(Class<R> type) {
    RecordComponent[] components = type.getRecordComponents();
    if (components == null) {
      throw new IllegalArgumentException(type.getName() + " is no record");
    }
    try {
      Constructor<R> canonical =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      canonical.setAccessible(true);
      MethodHandle handle =
          MethodHandles.lookup()
              .unreflectConstructor(canonical)
              .asFixedArity()
              .asSpreader(Object[].class, components.length)
              .asType(MethodType.methodType(Object.class, Object[].class));
      return new RecordMapper<>(
          type, Arrays.stream(components).map(Component::of).toList(), handle);
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new IllegalArgumentException(
          "the constructor of %s cannot be called: make it public, and open its package to dev.creek.consumer"
              .formatted(type.getName()),
          e);
    }
  }

  @Override
  public R map(Row row) {
    Plan of = plan(row.schema());
    @Nullable Object[] arguments = new @Nullable Object[components.size()];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = argument(components.get(i), row, of.columns()[i]);
    }
    return type.cast(construct(arguments));
  }

  private static @Nullable Object argument(Component component, Row row, int column) {
    Object value = row.raw(column);
    if (value == null) {
      if (component.primitive()) {
        throw new IllegalArgumentException(
            "NULL for component %s, which is a primitive".formatted(component.name()));
      }
      return null;
    }
    ValueType type = row.schema().type(column);
    try {
      return type.kind() == ValueType.Kind.LIST && component.boxed().isAssignableFrom(List.class)
          ? Values.list(value, type.items(), component.items())
          : Values.as(value, type, component.boxed());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "component " + component.name() + ": " + e.getMessage(), e);
    }
  }

  private Object construct(@Nullable Object[] arguments) {
    try {
      return constructor.invokeExact(arguments);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalArgumentException("the constructor of " + type.getName() + " failed", e);
    }
  }

  @SuppressWarnings("ReferenceEquality") // one instance per schema
  private Plan plan(TableSchema schema) {
    Plan known = plan;
    if (known == null || known.schema() != schema) {
      known = new Plan(schema, columns.computeIfAbsent(schema, this::columns));
      plan = known;
    }
    return known;
  }

  private int[] columns(TableSchema schema) {
    return components.stream().mapToInt(component -> column(component, schema)).toArray();
  }

  private int column(Component component, TableSchema schema) {
    int index = component.in(schema);
    if (index < 0) {
      throw new IllegalArgumentException(
          "%s has component %s, but %s has no such column"
              .formatted(type.getName(), component.name(), schema.table()));
    }
    return index;
  }
}
