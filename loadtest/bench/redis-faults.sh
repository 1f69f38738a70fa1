#!/usr/bin/env bash
# What Redis costs a request, and what it costs while it is ill: frozen, killed, cut off, slow, without its scripts, failing
# over. Prints the table of docs/operations.md. Needs redis-server on the PATH; takes about a minute and a half.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
mvn -B -q -Dfast=true -pl gateway -am test-compile dependency:build-classpath -Dmdep.outputFile="$root/target/test.cp" >&2
exec "$java" -XX:+UseSerialGC -Xmx1g --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  -cp "gateway/target/test-classes:gateway/target/classes:loadtest/target/classes:config/target/classes:planner/target/classes:$(cat "$root/target/test.cp")" \
  io.penstock.gateway.admit.RedisFaults
