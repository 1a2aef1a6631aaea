#!/usr/bin/env bash
# Runs a command with ROLLBOOK_DYNAMODB naming a DynamoDB Local that ends with
# it. DynamoDB Local is Amazon's own: its PartiQL parser, conditions and limits
# are nearer to the service than the emulator's. It needs Java 17 and Maven.
#
#   internal/aws/dynamo/dynamodb-local/run.sh go test ./internal/aws/dynamo
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lib=$(cd "$here/../../../.." && pwd)/.local/dynamodb-local
for tool in java mvn; do
	command -v "$tool" >/dev/null || { echo "DynamoDB Local needs $tool" >&2; exit 1; }
done
if ! cmp -s "$here/pom.xml" "$lib/.done"; then
	rm -rf "$lib"
	output=$(mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$lib" 2>&1) || { echo "$output" >&2; exit 1; }
	cp "$here/pom.xml" "$lib/.done"
fi

server= log=$(mktemp)
trap 'kill "$server" 2>/dev/null || true; rm -f "$log"' EXIT
trap 'exit 1' INT TERM
# A port that is free now may be taken a moment later: three attempts.
for _ in 1 2 3; do
	port=$("${PYTHON:-python3}" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djava.library.path="$lib" -cp "$lib/*" software.amazon.dynamodb.services.local.main.ServerRunner \
		-inMemory -sharedDb -disableTelemetry -port "$port" >"$log" 2>&1 &
	server=$!
	while kill -0 "$server" 2>/dev/null; do
		if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			ROLLBOOK_DYNAMODB=http://localhost:$port "$@"
			exit
		fi
		sleep 0.2
	done
done
cat "$log" >&2
exit 1
