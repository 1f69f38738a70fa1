package io.penstock.config;

import java.nio.file.Path;

/**
 * What a port proves itself with. Both files are looked at again while it serves.
 *
 * @param certificate the certificates (PEM), the port's own first, then those that vouch for it
 * @param key the private key (PEM, not encrypted) that belongs to the first of them
 */
public record Tls(Path certificate, Path key) {}
