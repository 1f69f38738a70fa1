#!/usr/bin/env bash
# What it is worth to send a prompt where its beginning is known, in a time that no clock turns: a trace that says which
# blocks of prompts are the same, through the gateway's choice of a backend, to the engines of simulated model servers with
# prefix caches. The same on every machine. loadtest/bench/prefix.sh does it over sockets.
#
#   loadtest/bench/prefix-replay.sh --trace FILE [--servers 4] [--gpu h100] [--model llama-3.1-8b] [--load 1]
#                                   [--by round-robin,least-loaded,prefix] [--load-factor 1]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
case "$*" in *--trace*) ;; *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac
here=$PWD
cd "$root"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
out=target/prefix
mkdir -p "$out"
[ -n "${BUILT:-}" ] || mvn -B -q -Dfast=true -pl gateway -am test-compile dependency:build-classpath -Dmdep.outputFile="$root/target/test.cp" >&2
cp=gateway/target/test-classes:gateway/target/classes:loadtest/target/classes:config/target/classes:planner/target/classes
cp="$root/$out:$(printf "$root/%s:" ${cp//:/ })$(cat target/test.cp)"
# shellcheck disable=SC2046
"${java}c" -proc:none -nowarn -d "$out" -cp "$cp" $(find loadtest/bench/prefix -name '*.java') >&2
cd "$here"
exec "$java" -XX:+UseSerialGC -Xmx2g -cp "$cp" io.penstock.gateway.choose.PrefixReplay "$@"
