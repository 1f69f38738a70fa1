/** The admin port: health, readiness, metrics, the JSON API and the status page. */
@NullMarked
package io.penstock.gateway.admin;

import org.jspecify.annotations.NullMarked;
