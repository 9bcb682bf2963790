#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run experiments by examples/many/slurm.sh on a Slurm of one node, which is this machine: a job array of three parts
# of six runs, on this machine's own KVM, with a guest that looks at its own time. It leaves nothing running.
#
# usage: slurm.sh
# status: 0 all passed; 1 not. Prints TAP. Has to be root, as Slurm's daemons.
set -eu

cd "$(dirname "$0")/../.."
work=$(mktemp -d)
pids=
cleanup() {
    trap - EXIT INT TERM HUP
    # shellcheck disable=SC2086 # a list
    [ -z "$pids" ] || kill $pids 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

failed=
check() {
    what=$1
    shift
    if "$@" >"$work/said" 2>&1; then echo "ok - slurm: $what"; else
        echo "not ok - slurm: $what: $(tail -n 3 "$work/said" | tr '\n' ' ')"
        failed=yes
    fi
}

# wait_for WHAT COMMAND...: until it succeeds, for a minute at most
wait_for() {
    waited_for=$1 tries=0
    shift
    until "$@"; do
        [ $((tries += 1)) -lt 300 ] || {
            echo "not ok - slurm: $waited_for is not there: $(tail -n 3 "$work"/*.said | tr '\n' ' ')"
            exit 1
        }
        sleep 0.2
    done
}

daemon() {
    "$@" >"$work/$1.said" 2>&1 &
    pids="$! $pids"
}

mkdir -m 755 "$work/state" "$work/spool" "$work/jobs"
dd if=/dev/urandom of="$work/munge.key" bs=1024 count=1 2>/dev/null
chmod 600 "$work/munge.key"
chmod 755 "$work"
host=$(hostname -s)
cat >"$work/slurm.conf" <<END
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
CredType=cred/munge
SlurmctldPort=16817
SlurmdPort=16818
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MailProg=/bin/true
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
cat >"$work/stall.json" <<'END'
{ "scenario": 1, "guests": { "a": { "options": ["--cpus", "2", "--steal", "0%"] } },
  "timeline": [ { "after": "dmesg~^# ready", "fault": "vcpu.stall", "vcpu": 1, "for": "300ms" } ],
  "expect": [ "status=1", "dmesg!~^not ok" ] }
END
export SLURM_CONF="$work/slurm.conf"
daemon munged --foreground --force --key-file="$work/munge.key" --socket="$work/munge.socket" --pid-file="$work/munge.pid" \
    --log-file="$work/munge.log" --seed-file="$work/munge.seed"
wait_for 'munged' [ -S "$work/munge.socket" ]
daemon slurmctld -D -f "$work/slurm.conf"
daemon slurmd -D -f "$work/slurm.conf"
wait_for 'a node of Slurm' sh -c 'sinfo -h -o %t 2>/dev/null | grep -q idle'

# As a user has it: the program, the example and the scenarios in the working directory.
cp minivmm build/guest/stall.elf "$work/stall.json" examples/many/slurm.sh "$work/jobs"
cd "$work/jobs"
check 'a job array ends, and each of its jobs well' \
    env REPEAT=6 sbatch --wait --array=1-3 --cpus-per-task=1 slurm.sh stall.elf stall.json
[ -z "$failed" ] || ./minivmm experiment --merge part-*.json || tail -n 5 part-*.log
check 'each job has run its part' ls part-1.json part-2.json part-3.json
check 'the parts are a whole' sh -c './minivmm experiment --merge part-*.json | tail -n 1 | grep "^6 checks, 0 failed"'
rm -f part-2.json
check 'without one of them they are none' sh -c '! ./minivmm experiment --merge part-*.json'
[ -z "$failed" ]
