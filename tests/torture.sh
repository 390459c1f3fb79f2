#!/bin/bash
# SPDX-License-Identifier: MIT
#
# make torture: minutes of what tests/torture.bats and tests/sysv_torture.bats do for seconds, in private instances.
#
#   SEED=N tests/torture.sh    the same again

set -eu
cd "$(dirname "$0")/.."
BUILD=$(realpath -m "${BUILD:-build}")
SEED=${SEED:-$(date +%s)}
private=$(mktemp -d /dev/shm/portico-torture.XXXXXX)
trap 'rm -rf --one-file-system "$private"' EXIT
export PORTICO_KERNEL=$private/kernel

"$BUILD/tests/torture" --seed "$SEED" --epochs 240 --epoch-ms 700
LD_PRELOAD=$BUILD/lib/libportico-preload.so "$BUILD/tests/sysv_torture" --seed "$SEED" --epochs 120
"$BUILD/tests/scribble" --seed "$SEED" --rounds 300
