package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.http.LogCounts;
import java.util.Map;
import java.util.function.Consumer;

/**
 * All that the command line touches outside itself, so that tests can give it something else.
 *
 * @param environment variables
 * @param terminal where words go
 * @param logging sets the log up as configured
 * @param logCounts how much was logged
 * @param signals how the program is asked to end
 * @param consumers makes consumers
 */
public record CliContext(
    Map<String, String> environment,
    Terminal terminal,
    Consumer<Configuration.Logging> logging,
    LogCounts logCounts,
    StopSignals signals,
    dev.creek.consumer.app.cli.Consumer.Factory consumers) {}
