#!/usr/bin/env bash
# A smoke as deployed: every function builds for Lambda, and three of them answer the sample events under cargo-lambda's
# runtime, against an independent implementation of the AWS services.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test

rustup target list --installed 2>/dev/null | grep -q aarch64-unknown-linux-gnu || rustup target add aarch64-unknown-linux-gnu

echo "every function for arm64"
cargo lambda build --arm64 --profile "${LAMBDA_PROFILE:-dev}"
for folder in functions/*/; do
    test -x "target/lambda/$(basename "$folder")/bootstrap"
done

moto_server -H 127.0.0.1 -p 5317 >/dev/null 2>&1 &
moto=$!
trap 'kill $moto ${watch:-} 2>/dev/null || true' EXIT
export AWS_ENDPOINT_URL=http://127.0.0.1:5317
for _ in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/5317) 2>/dev/null && break; sleep 0.2; done

# The wiring, made by the host itself from the template; the answer of the sweeper proves table and queues.
cargo run -- init --config target/smoke.toml 2>/dev/null || true
cargo run -- invoke sweeper events/sweeper.schedule.json --config target/smoke.toml --data target/smoke

export LINTEL_STAGE=dev LINTEL_TABLE=lintel-dev LINTEL_BUCKET=lintel-smoke
for queue in MAIL FEEDS STAYS JOBS MIRROR; do
    export "LINTEL_QUEUE_$queue=$AWS_ENDPOINT_URL/123456789012/lintel-dev-$(echo "$queue" | tr '[:upper:]' '[:lower:]')"
done
cargo lambda watch --offline --invoke-address 127.0.0.1 --invoke-port 9317 >target/watch.log 2>&1 &
watch=$!
for _ in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/9317) 2>/dev/null && break; sleep 0.2; done

ask() { cargo lambda invoke "$1" --invoke-port 9317 --data-file "events/$2" 2>>target/watch.log; }
expect() { # name event wanted
    local answer=""
    for _ in 1 2 3 4 5 6; do
        answer=$(timeout 170 bash -c "$(declare -f ask); ask $1 $2") && [[ "$answer" == *"$3"* ]] && { echo "ok: $1 answered $answer"; return; }
        sleep 5
    done
    echo "$1 answered: $answer (wanted $3)"; tail -40 target/watch.log; exit 1
}
expect email-ingest email-ingest.http.json '"statusCode":503'
expect stay-planner stay-planner.sqs.json '"batchItemFailures":[]'
expect sweeper sweeper.schedule.json '"sent":0'
