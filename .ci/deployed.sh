#!/usr/bin/env bash
# A smoke as deployed: every function builds for Lambda, and those with a trigger of their own answer the sample events under cargo-lambda's
# runtime, against an independent implementation of the AWS services.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test

rustup target list --installed 2>/dev/null | grep -q aarch64-unknown-linux-gnu || rustup target add aarch64-unknown-linux-gnu

echo "every function for arm64"
packages=()
for folder in functions/*/; do packages+=(-p "lintel-$(basename "$folder")"); done
cargo lambda build --arm64 --profile "${LAMBDA_PROFILE:-dev}" "${packages[@]}"
for folder in functions/*/; do
    test -x "target/lambda/$(basename "$folder")/bootstrap"
done

moto_server -H 127.0.0.1 -p 5317 >/dev/null 2>&1 &
moto=$!
trap 'kill $moto ${watch:-} 2>/dev/null || true' EXIT
export AWS_ENDPOINT_URL=http://127.0.0.1:5317
for _ in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/5317) 2>/dev/null && break; sleep 0.2; done

python3 - <<'PY'
import boto3
boto3.client("s3").create_bucket(Bucket="lintel-smoke")
secrets = boto3.client("secretsmanager")
secrets.create_secret(Name="lintel/dev/sample/mail", SecretString="reports:sandbox-only")
secrets.create_secret(Name="lintel/dev/sample/housecallpro-webhooks", SecretString="whsec-smoke-only")
PY

# The host makes the wiring from the template and puts the sample organization in force.
export LINTEL_STAGE=dev LINTEL_TABLE=lintel-dev LINTEL_BUCKET=lintel-smoke
rm -f target/smoke.toml
cargo run --quiet -- init --config target/smoke.toml
cargo run --quiet -- invoke sweeper events/sweeper.schedule.json --aws account --config target/smoke.toml --data target/smoke

for queue in mail feeds stays jobs mirror events sync-properties sync-units sync-people sync-leases; do
    name="LINTEL_QUEUE_$(echo "$queue" | tr '[:lower:]-' '[:upper:]_')"
    export "$name=$AWS_ENDPOINT_URL/123456789012/lintel-dev-$queue"
done
export LINTEL_QUEUE_SYNC="$LINTEL_QUEUE_SYNC_PEOPLE"
cargo lambda watch --offline --invoke-address 127.0.0.1 --invoke-port 9317 >target/watch.log 2>&1 &
watch=$!
for _ in $(seq 300); do (exec 3<>/dev/tcp/127.0.0.1/9317) 2>/dev/null && break; sleep 0.2; done

expect() { # name event wanted: the first invocation builds the function, so it may take a while
    local answer=""
    for _ in 1 2 3; do
        answer=$(timeout 150 cargo lambda invoke "$1" --invoke-address 127.0.0.1 --invoke-port 9317 \
            --data-file "events/$2" 2>>target/invoke.log || true)
        if [[ "$answer" == *"$3"* ]]; then echo "ok: $1 answered $answer"; return; fi
        sleep 5
    done
    echo "$1 answered: $answer (wanted $3)"; tail -n 40 target/watch.log target/invoke.log; exit 1
}
expect email-ingest email-ingest.http.json '"statusCode":200'
expect email-ingest email-ingest.http.json 'accepted before'
expect stay-planner stay-planner.sqs.json '"batchItemFailures":[]'
expect event-router event-router.sqs.json '"batchItemFailures":[]'
expect reconciler reconciler.schedule.json '"organizations":'
expect webhook-receiver webhook-receiver.http.json '"statusCode":401'
expect office-api office-api.http.json '"statusCode":401'
expect sync-dispatcher sync-dispatcher.schedule.json '"begun":[]'
expect sync-people sync-people.sqs.json '"batchItemFailures":[]'
expect sweeper sweeper.schedule.json '"sent":'
