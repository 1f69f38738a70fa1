/** What a model weighs and what it keeps per token, from its dimensions alone. */
@NullMarked
package io.penstock.planner.model;

import org.jspecify.annotations.NullMarked;
