package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerOptions;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests that hold whichever way messages come in; the class has a field for it. */
@ParameterizedClass(name = "{0}")
@EnumSource(BrokerOptions.Reader.class)
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface EachReader {}
