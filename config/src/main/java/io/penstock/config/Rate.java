package io.penstock.config;

import java.time.Duration;

/**
 * An amount per window, written {@code 20/hour}; refilled continuously. Money is an amount in USD.
 *
 * @param amount how much a full bucket holds
 * @param window how long an empty bucket takes to fill; a month counts 30 days here
 */
public record Rate(double amount, Duration window) {}
