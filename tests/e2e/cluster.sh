#!/bin/bash
# SPDX-License-Identifier: MIT
# examples/cluster: a campaign in shards, by hand, as Kubernetes would start them,
# and under Slurm, on one node with addresses of this machine only.
. "${top_srcdir:?}/tests/e2e/lib.sh" || exit 99
cd "$work" || exit 1
export TMPDIR=$work
cluster=$top_srcdir/examples/cluster
PATH=$(dirname "$fracas"):$PATH

# abd that forgets what it read: a few of the seeds fail.
# shellcheck disable=SC2086 # flags are words
ok "a protocol with a bug" ${CC:-cc} ${SAN_CFLAGS-} -std=gnu11 -O1 -fPIC -shared -fvisibility=hidden \
	-I"$top_srcdir/core/include" -DBUG_no_write_back -o bad.so \
	"$top_srcdir"/plugins/protocols/abd/abd.c
cat >few.yaml <<'END'
name: few
protocols: [abd, {path: ./bad.so, label: bad}]
nemeses: [none, "partition,kill"]
time: 500ms
swarm: yes
seeds: 1..40
END
runs "the whole on one machine" 1 fracas campaign few.yaml --db whole.db

# What does not depend on the machine, nor on where the campaign's file lies.
rows() {
	sqlite3 "$1" "select * from cell order by id;
		select cell, seed, verdict, violation, fingerprint, reason, hash,
			ok, fail, info, throughput, median_ns, p99_ns, availability,
			faults_started, faults_effective from result order by cell, seed;
		select * from recovery order by cell, seed, fault;
		select cell, fingerprint, violation, reason, count, first_seed,
			command, example_seed, minimal, operations, words, scenario
			from failure order by cell, fingerprint;
		select distinct name, text, digest, shard, shards, version from campaign" |
		sed 's|[^ ]*/bad\.so|bad.so|'
}
rows whole.db >whole
same_rows() {
	rows "$2" >got
	ok "$1" cmp -s got whole
	cmp -s got whole || note "$(diff got whole | head -20)"
}
like "some of it fails" "$(sqlite3 whole.db "select sum(verdict = 'invalid') from result")" '^[1-9]'

# ---- by hand ----------------------------------------------------------------------

for i in 1 2 3 4; do
	runs "shard $i of 4" 0 "$cluster/shard.sh" $i/4 few.yaml results
done
is "what is in the folder" "$(cd results && echo *)" "shard-1.db shard-2.db shard-3.db shard-4.db"
is "each does its own" "$(for i in 1 2 3 4; do
	sqlite3 results/shard-$i.db 'select cell, seed from result'; done | sort | uniq -d)" ""
runs "merged" 0 "$cluster/merge.sh" results
like "  and told" "$out" 'results/campaign.db: 160 runs of 4 cells; 160 came from 4 files
campaign few .*160 of 160 runs'
same_rows "  row for row as on one machine" results/campaign.db
ok "  also as JUnit XML" grep -q '<testsuite name="few" tests="4"' results/campaign.xml
runs "a failing run can be replayed from it" 0 fracas replay \
	"$(sqlite3 results/campaign.db 'select run from failure limit 1')" --db results/campaign.db
runs "a campaign goes on with merged results" 1 fracas campaign few.yaml --db results/campaign.db
like "  where nothing is left to do" "$out" '160 of them had been done before'
like "compare finds nothing" "$(fracas compare whole.db results/campaign.db)" '0 worse, 0 better'
runs "usage" 2 "$cluster/shard.sh" 1/4
runs "a campaign that is none" 2 "$cluster/shard.sh" 1/4 none.yaml nowhere
is "  leaves nothing" "$(ls nowhere)" ""

# Where cells end with their first failure, or with a bound that is proven, which
# only a campaign can say: it has nothing more to do.
for budget in 'until: failure' 'confidence: 95% below 10%'; do
	{ cat few.yaml; echo "budget: {$budget}"; } >ends.yaml
	rm -rf ends.db ends
	fracas campaign ends.yaml -q --db ends.db >/dev/null
	for i in 1 2 3; do
		"$cluster/shard.sh" $i/3 ends.yaml ends >/dev/null
	done
	fracas merge -q ends/all.db ends/shard-*.db
	had=$(sqlite3 ends/all.db 'select count(*) from result')
	runs "merged, $budget" 1 fracas campaign ends.yaml --json --db ends/all.db
	is "  leaves nothing to do" "$(tail -n 1 <<<"$out" | jq -c '[.done, .now]')" "[$had,0]"
	rows ends.db >got
	is "  and ends as one does" "$(rows ends/all.db | diff - got | head -5)" ""
	ok "  which some do" grep -Eq '\|(failed|proven)$' got
done

# Told to end, it keeps what it has, and goes on from there.
sed 's/1\.\.40/1..100000/' few.yaml >long.yaml
"$cluster/shard.sh" 2/3 long.yaml told >told.out 2>&1 &
shard=$!
until [ "$(sqlite3 fracas-shard-*/shard.db 'select count(*) > 50 from result' 2>/dev/null)" = 1 ]; do
	kill -0 $shard || break
	sleep 0.05
done
kill -TERM $shard
wait $shard
is "a shard that is told to end says that it is not done" $? 130
had=$(sqlite3 told/shard-2.db 'select count(*) from result')
ok "  it keeps what it has" [ "$had" -gt 50 ]
is "  and nothing else" "$(echo told/* fracas-shard-*)" 'told/shard-2.db fracas-shard-*'
sed -i 's/1\.\.100000/1..1/' long.yaml
runs "  and goes on from there" 0 "$cluster/shard.sh" 2/3 long.yaml told
ok "  with all of it" [ "$(sqlite3 told/shard-2.db 'select count(*) from result')" -ge "$had" ]

# ---- Kubernetes -----------------------------------------------------------------------

# The pods' own commands, with their folders here.
if python3 -c 'import yaml' 2>/dev/null; then
	mkdir -p campaign scratch
	cp "$cluster"/*.sh campaign
	cp few.yaml campaign/campaign.yaml
	cp bad.so campaign
	pod() {
		python3 - "$cluster/$1" "$2" "$work" <<'END'
import os, re, sys, yaml
path, index, work = sys.argv[1:]
job = [d for d in yaml.safe_load_all(open(path)) if d["kind"] == "Job"][0]["spec"]
pod = job["template"]["spec"]
c = pod["containers"][0]
if index:
    assert job["completionMode"] == "Indexed", "not indexed"
    assert str(job["completions"]) == [e for e in c["env"] if e["name"] == "SHARDS"][0]["value"], "SHARDS"
    os.environ["JOB_COMPLETION_INDEX"] = index
there = {v["name"] for v in pod["volumes"]}
assert all(m["name"] in there for m in c["volumeMounts"]), "a volume is missing"
def here(text):
    for m in c["volumeMounts"]:
        to = {"results": "pods"}.get(m["name"], m["name"])
        text = re.sub(r"(?<![\w/.-])%s\b" % m["mountPath"], work + "/" + to, text)
    return text
for e in c.get("env", []):
    os.environ[e["name"]] = here(e["value"])
os.execvp(c["command"][0], [here(w) for w in c["command"]])
END
	}
	failed=
	for i in 0 1 2 3 4 5 6 7; do
		pod kubernetes.yaml $i >pod.log 2>&1 || failed+=" $i: $(tail -2 pod.log)"
	done
	is "eight pods" "$failed" ""
	runs "the pod that merges" 0 pod kubernetes-merge.yaml ''
	same_rows "  row for row as on one machine" pods/campaign.db
else
	skip "eight pods" "python3's yaml is not installed"
fi

# ---- Slurm ----------------------------------------------------------------------------

# Why it cannot be tried here, or nothing.
why_not() {
	local c
	for c in munged slurmctld slurmd sbatch scontrol; do
		command -v $c >/dev/null || {
			echo "$c is not installed (Debian: slurm-wlm, munge)"
			return
		}
	done
	[ "$(id -u)" -eq 0 ] || echo "slurmd wants to be root"
}
PATH=$PATH:/usr/sbin:/sbin
why=$(why_not)
if [ -n "$why" ]; then
	skip "a Slurm array job" "$why"
	done_testing
fi

daemons=() job='' last=''
end_slurm() {
	local pid tries
	if [ -n "$job$last" ]; then
		timeout 20 scancel "$job" ${last:+"$last"} 2>/dev/null
		for ((tries = 0; tries < 100; tries++)); do
			[ -n "$(timeout 20 squeue -h 2>/dev/null)" ] || break
			sleep 0.1
		done
		job='' last=''
	fi
	for pid in "${daemons[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for pid in "${daemons[@]}"; do
		wait "$pid" 2>/dev/null
	done
	daemons=()
}
trap 'end_slurm; rm -rf "$work"' EXIT

# Two ports that nobody listens at.
free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 10000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo $port
}

# Waits for COMMAND, as long as the daemons live: five minutes at most.
until_ok() {
	local tries pid
	for ((tries = 0; tries < 3000; tries++)); do
		"$@" >/dev/null 2>&1 && return 0
		for pid in "${daemons[@]}"; do
			kill -0 "$pid" 2>/dev/null || return 1
		done
		sleep 0.1
	done
	return 1
}

host=$(hostname -s)
chmod 755 "$work"
mkdir -m 755 munge
mkdir -m 700 slurm-state slurm-spool key
dd if=/dev/urandom of=key/munge.key bs=1024 count=1 2>/dev/null
chmod 600 key/munge.key
cat >slurm.conf <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$work/slurm-state
SlurmdSpoolDir=$work/slurm-spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1
MailProg=/bin/true
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$work/slurm.conf

# What lib.sh makes its output is not theirs to keep open.
munged -F --key-file="$work/key/munge.key" --socket="$work/munge/socket" \
	--pid-file="$work/munge/pid" --log-file="$work/munge/log" \
	--seed-file="$work/munge/seed" --num-threads=2 >munged.out 2>&1 {tap}>&- &
daemons+=($!)
until_ok [ -S munge/socket ]
slurmctld -D -i >slurmctld.out 2>&1 {tap}>&- &
daemons+=($!)
until_ok scontrol ping
slurmd -D >slurmd.out 2>&1 {tap}>&- &
daemons+=($!)
# shellcheck disable=SC2317 # until_ok calls it
ready() { scontrol show node "$host" | grep -Eq 'State=IDLE( |$)'; }
if ! until_ok ready; then
	note "$(tail -5 munged.out slurmctld.out slurmd.out)"
	skip "a Slurm array job" "Slurm does not come up on this machine"
	done_testing
fi

# The lines of the README.
cd "$cluster" || exit 1
export SBATCH_OUTPUT=$work/slurm-%A_%a.out SBATCH_NO_REQUEUE=1
job=$(sbatch --parsable --array=1-4 --cpus-per-task=1 array.sbatch "$work/few.yaml" "$work/slurm-results")
like "the array job is there" "$job" '^[0-9]+$'
last=$(sbatch --parsable --output="$work/merge.out" --dependency=afterany:"$job" \
	merge.sbatch "$work/slurm-results")
cd "$work" || exit 1
# shellcheck disable=SC2317 # until_ok calls it
over() { scontrol show job "$last" | grep -Eq 'JobState=(COMPLETED|FAILED|CANCELLED|NODE_FAIL|TIMEOUT)'; }
until_ok over
like "the job that merges has ended well" "$(scontrol show job "$last")" 'JobState=COMPLETED'
same_rows "the results are those of one machine" slurm-results/campaign.db
like "and the report says so" "$(cat merge.out)" '160 of 160 runs'
if command -v ss >/dev/null; then
	is "its daemons listen on this machine's addresses only" \
		"$(ss -Hltnp | grep -E '"(slurmctld|slurmd)"' | awk '{ print $4 }' | sed 's/:.*//' | sort | uniq -c | xargs)" \
		"2 127.0.0.1"
else
	skip "its daemons listen on this machine's addresses only" "ss is not installed"
fi
end_slurm
is "nothing of it is left" "$(pgrep -f "$work")" ""
done_testing
