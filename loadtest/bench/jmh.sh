#!/usr/bin/env bash
# What small things cost, by JMH: the local decision about limits, knowing a token's signature, finding a key among 100,000;
# and the memory of those keys. Prints the figures of docs/benchmarks.md; takes about two minutes. JMH comes from Maven Central.
#
#   loadtest/bench/jmh.sh [PATTERN] [options of JMH]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
out=target/jmh
mkdir -p "$out/classes"
mvn -B -q -Dfast=true -pl gateway -am test-compile dependency:build-classpath -Dmdep.outputFile="$root/target/test.cp" >&2
mvn -B -q -f loadtest/bench/jmh/pom.xml dependency:copy-dependencies -DoutputDirectory="$root/$out/lib" >&2
cp=gateway/target/test-classes:gateway/target/classes:loadtest/target/classes:config/target/classes:planner/target/classes
jmh=$(printf '%s:' "$out"/lib/*.jar)
cp="$out/classes:$jmh$cp:$(cat target/test.cp)"
# shellcheck disable=SC2046
"${java}c" -proc:full -processor org.openjdk.jmh.generators.BenchmarkProcessor -processorpath "$jmh" -nowarn -d "$out/classes" -cp "$cp" $(find loadtest/bench/jmh -name '*.java') >&2
flags="-XX:+UseSerialGC -XX:+UseCompactObjectHeaders" # as the launcher has it
# shellcheck disable=SC2086
[ $# -gt 0 ] || "$java" $flags -Xmx512m -cp "$cp" io.penstock.gateway.authenticate.CredentialBenchmark
# shellcheck disable=SC2086
"$java" $flags -cp "$cp" org.openjdk.jmh.Main -jvmArgsPrepend "$flags" -v SILENT -rf text -rff "$out/result.txt" "${@:-Benchmark}"
cat "$out/result.txt"
