#!/usr/bin/env bash
# Installs the deployment tools into .venv and checks the template with them.
set -euo pipefail
cd "$(dirname "$0")/.."
export SAM_CLI_TELEMETRY=0
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check \
    cargo-lambda==1.9.2 ziglang==0.17.0 'aws-sam-cli>=1.170,<2' 'cfn-lint>=1.50,<2' 'moto[server]>=5.2,<6'
.venv/bin/cfn-lint -r us-east-1 -- infra/template.yaml
.venv/bin/sam validate --lint --region us-east-1 --template infra/template.yaml
