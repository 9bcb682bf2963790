#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run experiments as a job array of Slurm: each of its jobs runs a part of them, on any node.
#
#   sbatch --array=1-8 examples/many/slurm.sh bzImage experiments/*.json
#   ./minivmm experiment --merge part-*.json              once all jobs have ended
#
# The array has to begin with 1. Each job gives its own status: 8 if an expectation of its part did not hold. A job
# needs /dev/kvm, and this folder as its working directory on each node.
#SBATCH --job-name=minivmm
#SBATCH --output=part-%a.log
#SBATCH --cpus-per-task=2
#SBATCH --time=60
set -eu

kernel=$1
shift
part=$SLURM_ARRAY_TASK_ID
exec ./minivmm experiment --kernel "$kernel" --shard "$part/$SLURM_ARRAY_TASK_COUNT" --format json \
    --repeat "${REPEAT:-1}" "$@" >"part-$part.json"
