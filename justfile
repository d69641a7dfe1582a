# The habits of the house. `just` lists them.

_list:
    @just --list

# The main job: sandbox, host, day plan; Ctrl-C ends it
run *args:
    cargo run -- {{args}}

# Everything the second command of the README runs
test *args:
    cargo test --workspace {{args}}

# What CI checks beside the tests
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# The whole of CI, as CI runs it
ci:
    bash .ci/run

# Ten thousand seeds of the fault simulation of stays; `just simulate 1 --seed 42` replays one
simulate seeds='10000' *args:
    cargo run --profile simulation -p lintel-e2e --bin lintel-simulate -- --seeds {{seeds}} {{args}}

# The same of record flows
simulate-sync seeds='10000' *args:
    cargo run --profile simulation -p lintel-e2e --bin lintel-simulate-sync -- --seeds {{seeds}} {{args}}

# Fuzz every parser for a while
fuzz seconds='300':
    cargo run --release -p lintel-fuzz -- --seconds {{seconds}}

# The benchmarks, each with its bound or peer
bench:
    cargo run --release -p lintel-bench --bin bench-calendars
    cargo run --release -p lintel-bench --bin bench-reports
    cargo run --release -p lintel-bench --bin bench-reports-memory
    cargo run --release -p lintel-bench --bin bench-poll
    cargo run --release -p lintel-bench --bin bench-jobs
    cargo run --release -p lintel-bench --bin bench-deliveries
    cargo run --release -p lintel-bench --bin bench-events
    cargo build --release -p lintel-local
    cargo run --release -p lintel-bench --bin bench-receive
    cargo build --profile lambda
    cargo run --release -p lintel-bench --bin bench-lambda -- target/lambda

# Build what ships
build:
    cargo lambda build --profile lambda --arm64

# Deploy to a stage of infra/samconfig.toml
deploy stage='dev': build
    sam deploy --config-file samconfig.toml --config-env {{stage}} --template infra/template.yaml
