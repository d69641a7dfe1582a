#!/usr/bin/env bash
# Runs the tests of our use of AWS a second time, against another implementation of the services.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/moto_server -H 127.0.0.1 -p 5316 >/dev/null 2>&1 &
moto=$!
trap 'kill $moto 2>/dev/null || true' EXIT
for _ in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/5316) 2>/dev/null && break; sleep 0.2; done
export AWS_ENDPOINT_URL=http://127.0.0.1:5316 AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
# By the workspace, as they were built: by package they would have other features, and be built anew.
timeout 600 cargo test --workspace --test storage --test conformance
