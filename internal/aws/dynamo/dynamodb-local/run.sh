#!/bin/sh
# Runs a command with ROLLBOOK_DYNAMODB naming a DynamoDB Local that ends with
# it. DynamoDB Local is Amazon's own: its PartiQL parser, conditions and limits
# are nearer to the service than the emulator's. It needs Java 17 and Maven.
#
#   internal/aws/dynamo/dynamodb-local/run.sh go test ./internal/aws/dynamo
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../../.." && pwd)
lib=$root/.local/dynamodb-local
port=${DYNAMODB_PORT:-8931}
for tool in java mvn curl; do
	command -v "$tool" >/dev/null || { echo "DynamoDB Local needs $tool" >&2; exit 1; }
done
if [ ! -e "$lib/.done" ] || [ "$here/pom.xml" -nt "$lib/.done" ]; then
	mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$lib"
	touch "$lib/.done"
fi
java -Djava.library.path="$lib" -cp "$lib/*" software.amazon.dynamodb.services.local.main.ServerRunner \
	-inMemory -sharedDb -disableTelemetry -port "$port" >"$lib/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT INT TERM
tries=0
until curl -s -o /dev/null "http://localhost:$port/"; do
	tries=$((tries + 1))
	if [ "$tries" -gt 100 ] || ! kill -0 "$server" 2>/dev/null; then
		echo "DynamoDB Local did not start; see $lib/log" >&2
		exit 1
	fi
	sleep 0.2
done
ROLLBOOK_DYNAMODB=http://localhost:$port "$@"
