#!/bin/sh
# Builds the program and makes what is installed beside it: manual page and completions, in target/files.
# The metadata of packages in Cargo.toml names these files.
set -eu

cd "$(dirname "$0")/.."
cargo build --release --locked
files=target/files
mkdir -p "$files"
target/release/sockeye --generate man > "$files/sockeye.1"
target/release/sockeye --generate complete-bash > "$files/sockeye.bash"
target/release/sockeye --generate complete-zsh > "$files/_sockeye"
target/release/sockeye --generate complete-fish > "$files/sockeye.fish"
