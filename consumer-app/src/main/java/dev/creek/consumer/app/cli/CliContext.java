package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.http.LogCounts;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Everything outside that the command line uses, so that tests can replace it.
 *
 * @param environment variables
 * @param terminal standard output and error
 * @param logging configures the log
 * @param logCounts number of logged messages
 * @param signals requests to end the program
 * @param consumers makes consumers
 */
public record CliContext(
    Map<String, String> environment,
    Terminal terminal,
    Consumer<Configuration.Logging> logging,
    LogCounts logCounts,
    StopSignals signals,
    dev.creek.consumer.app.cli.Consumer.Factory consumers) {}
