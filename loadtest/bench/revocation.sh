#!/usr/bin/env bash
# How long a revoked key goes on working at another gateway. Prints the table of docs/operations.md (Keys). Needs redis-server
# on the PATH; takes about a minute.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
mvn -B -q -Dfast=true -pl gateway -am test-compile dependency:build-classpath -Dmdep.outputFile="$root/target/test.cp" >&2
exec "$java" -XX:+UseSerialGC -Xmx1g --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  -cp "gateway/target/test-classes:gateway/target/classes:loadtest/target/classes:config/target/classes:planner/target/classes:$(cat "$root/target/test.cp")" \
  io.penstock.gateway.endtoend.KeyRevocation
