# One process a folder: also where flock() fails, as on NFS, or holds for one machine alone, as on Lustre.
# faults/system.c stands between the tool and the system.
load helpers

setup() {
    common_setup
    lasting=(--set train.batch=10 --set train.learning_rate=0.02 --set train.epochs=100000)
    held=()
}

teardown() {
    [ "${#held[@]}" -eq 0 ] || kill -KILL "${held[@]}" 2> /dev/null || true
}

# The environment of a network: nfs, whose flock() fails, or lustre, whose flock() is local.
on() {
    export LD_PRELOAD="$(dirname "$DENSEAM")/tests/faults-system.so"
    export ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS:-}"
    unset DENSEAM_SYSTEM DENSEAM_SYSTEM_MAGIC
    case $1 in
    nfs) export DENSEAM_SYSTEM=flock@1+=37 DENSEAM_SYSTEM_MAGIC=0x6969 ;; # ENOLCK
    lustre) export DENSEAM_SYSTEM=flock@1+=yes DENSEAM_SYSTEM_MAGIC=0x0BD00BD0 ;;
    disk) unset LD_PRELOAD ;;
    esac
}

# hold ARGUMENTS...: a training that goes on in the background once it has begun, in $pid; its folder
# is "run".
hold() {
    "$DENSEAM" train "$@" --quiet > out 2> err 3>&- &
    pid=$!
    held+=("$pid")
    wait_for_lines run/metrics.jsonl 2
}

@test "a second training in one folder is refused, whatever its file system lacks" {
    for network in nfs lustre; do
        rm -rf run
        on "$network"
        hold small.conf --out run "${lasting[@]}" --set train.checkpoint=100000
        [ -e run/denseam.lock ]
        tool train small.conf --quiet --out run
        failed_with 2 "another denseam is training into 'run'" "(process $pid on '$(hostname)')"
        kill -TERM "$pid"
        wait "$pid" || [ $? -eq 8 ]
        [ ! -e run/denseam.lock ]
        lines=$(wc -l < run/metrics.jsonl)
        hold run --resume
        wait_for_lines run/metrics.jsonl $((lines + 2))
        tool train run --resume --quiet
        failed_with 2 "another denseam is training into 'run'" "(process $pid on '$(hostname)')"
        kill -TERM "$pid"
        wait "$pid" || [ $? -eq 8 ]
        [ ! -e run/denseam.lock ]
        nothing_left_over run
    done
}

@test "which lock is used is said, and none on a disk" {
    on nfs
    tool train small.conf --out run
    succeeded
    [[ "$stderr" == *"'run' is locked by the file denseam.lock in it: No locks available"* ]]
    [ ! -e run/denseam.lock ]
    on lustre
    tool train small.conf --out other
    succeeded
    [[ "$stderr" == *"'other' is locked by the file denseam.lock in it: its file system may be a network's"* ]]
    on disk
    tool train small.conf --out third
    succeeded
    [[ "$stderr" != *"denseam.lock"* ]]
}

@test "the lock of a killed training is taken over, and its bits are those of an undisturbed one" {
    on nfs
    hold small.conf --out run "${lasting[@]}"
    kill -KILL "$pid"
    wait "$pid" || true
    [ -e run/denseam.lock ]
    tool show run --json
    epochs=$(jq ".last_epoch.epoch + 1 | floor" <<<"$output")
    tool train run --resume --quiet --set train.epochs="$epochs"
    succeeded
    nothing_left_over run
    [ ! -e run/denseam.lock ]
    tool train small.conf --quiet --out whole "${lasting[@]}" --set train.epochs="$epochs"
    succeeded
    on disk
    same_training run whole
}

@test "a run is read only by who has its folder" {
    # What another training has is not looked at: it may be about to be replaced.
    on nfs
    hold small.conf --out run "${lasting[@]}"
    kill -STOP "$pid"
    cp run/run.h5 whole.h5
    printf '\x89HDF\r\n\x1a\n damaged' > run/run.h5
    tool train run --resume --quiet
    failed_with 2 "another denseam is training into 'run'"
    kill -KILL "$pid"
    wait "$pid" || true
    tool train run --resume --quiet
    failed_with 3 "'run/run.h5'"
}

@test "what run.h5 leads to is told before it is replaced" {
    run_file run
    mv run/run.h5 elsewhere.h5
    ln -s ../elsewhere.h5 run/run.h5
    tool train run --resume --set train.epochs=4
    succeeded
    [[ "$stderr" == *"'run/run.h5' is a link: what it leads to, '$PWD/elsewhere.h5', will be replaced"* ]]
    [ -L run/run.h5 ]
    tool show run --json
    jq -e '.last_epoch.epoch == 4' <<<"$output"
}
