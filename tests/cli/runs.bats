# Run folders and run files: damaged ones, full disks, unwritable places, two trainings at once.
load helpers

setup() {
    common_setup
}

teardown() {
    if [ -n "${mounted:-}" ]; then
        umount "$mounted"
    fi
}

# All commands that read a run refuse it with $1 and the other words.
all_refuse() {
    local before
    before=$(fingerprint run)
    tool show run
    failed_with "$@"
    tool eval run --quiet
    failed_with "$@"
    tool train run --resume --quiet
    failed_with "$@"
    [ "$(fingerprint run)" = "$before" ]
}

# --- damaged run files ------------------------------------------------------------------------------

@test "a run file with a flipped byte anywhere" {
    run_file run
    cp run/run.h5 whole
    size=$(stat -c %s whole)
    for at in 0 3 8 30 40 100 1000 $((size / 3)) $((size / 2)) $((size - 41)) $((size - 40)) \
        $((size - 33)) $((size - 32)) $((size - 1)); do
        cp whole run/run.h5
        old=$(od -An -t u1 -j "$at" -N 1 whole)
        bytes $((old ^ 16)) | dd of=run/run.h5 bs=1 seek="$at" conv=notrunc 2> /dev/null
        cmp -s whole run/run.h5 && return 1
        tool show run
        failed_with 3 "'run/run.h5' is "
    done
    all_refuse 3 "'run/run.h5' is altered or damaged"
}

@test "a truncated run file, and one with more at its end" {
    run_file run
    cp run/run.h5 whole
    size=$(stat -c %s whole)
    for kept in 0 1 8 47 48 1000 $((size / 2)) $((size - 41)) $((size - 40)) $((size - 39)) \
        $((size - 1)); do
        head -c "$kept" whole > run/run.h5
        tool show run
        failed_with 3 "'run/run.h5' is "
    done
    all_refuse 3 "'run/run.h5' is truncated"
    { cat whole; printf x; } > run/run.h5
    all_refuse 3 "'run/run.h5' is altered or damaged"
}

@test "a foreign run file" {
    run_file run
    cp small.conf run/run.h5
    all_refuse 3 "'run/run.h5' is not a denseam run file (it is not even HDF5)"
    cp /bin/true run/run.h5
    all_refuse 3 "'run/run.h5' is not a denseam run file"
    rm run/run.h5
    mkdir run/run.h5
    all_refuse 3 "'run' is no run: it has no run.h5"
    rmdir run/run.h5
    ln -s run.h5 run/run.h5
    all_refuse 3 "'run' is no run: it has no run.h5"
}

@test "a run file whose preset does not go with its arrays" {
    # Whoever can write a seal can write anything: what it holds is not trusted all the more.
    run_file run
    cp run/run.h5 whole
    forge() { "$(dirname "$DENSEAM")/tests/forge" whole run/run.h5 "$@"; }
    forge text version 0 9
    tool show run
    succeeded
    forge set state/memories 0 21
    tool eval run --quiet
    failed_with 3 "'parameters/memories' has 15680 items where its preset needs 16464"
    tool train run --resume --quiet
    failed_with 3 "'run/run.h5': the run has 21 memories, but its preset allows 20"
    forge set state/memories 0 2e9
    tool eval run --quiet
    failed_with 5 "take fewer memories"
    forge text preset 'memories = 20' 'memories = 21'
    tool train run --resume --quiet
    failed_with 3 "'run/run.h5'" "has 15680 items where its preset needs 16464"
    forge text preset 'memories = 20' 'memories = -1'
    all_refuse 2 "run/run.h5" "memories"
    forge text preset 'memories = 20' 'memo?ies = 20'
    all_refuse 2 "run/run.h5"
    forge text preset 'beta_rule = "learned"' 'beta_rule = "frozen"'
    tool train run --resume --quiet --set train.epochs=4
    succeeded
    forge text preset '"fashion-mnist"' '"nonsense"'
    tool eval run --quiet
    failed_with 3 "data set 'nonsense' is in none of"
    forge text format 'run 1' 'run 9'
    all_refuse 3 "'run/run.h5' has format 'denseam run 9'" "use the denseam that wrote it"
    for columns in 'epoch;loss;' 'loss,epoch,'; do
        forge text history_columns 'epoch,loss,' "$columns"
        tool train run --resume --quiet
        failed_with 3 "run/run.h5" "history"
    done
    forge notext preset
    tool show run
    failed_with 3 "run/run.h5"
    forge noarray shape
    all_refuse 3 "'run/run.h5' does not say the shape of its samples"
    # shape: features, classes, height, width
    for what in "0 -1" "0 nan" "1 4e9" "2 5" "1 0"; do
        # shellcheck disable=SC2086
        forge set shape $what
        tool show run
        failed_with 3 "'run/run.h5'" "shape"
    done
    forge set shape 1 11
    all_refuse 3 "'run/run.h5': 'parameters/class_weights' is of 11 x 21, which does not go with"
    for name in parameters/memories parameters/class_weights parameters/beta; do
        for how in noarray cut; do
            forge "$how" "$name"
            tool eval run --quiet
            failed_with 3
            tool show run
            [ "$name" = parameters/beta ] || failed_with 3 "'run/run.h5'"
        done
    done
    for change in "noarray velocities/memories" "cut velocities/beta" "cut state/position" \
        "cut history" "noarray parameters/counts"; do
        # shellcheck disable=SC2086
        forge $change
        tool train run --resume --quiet
        failed_with 3 "run/run.h5"
    done
    # state/position: epoch, step, wait, best, seconds, finished
    for what in "0 nan" "0 1e300" "1 -1" "1 10" "2 1e10" "3 nan" "4 inf" "0 7" "1 3"; do
        # shellcheck disable=SC2086
        forge set state/position $what
        tool train run --resume --quiet
        failed_with 3 "'run/run.h5'"
    done
    # Numbers that are none: found at the latest when they reach the loss.
    for name in parameters/memories parameters/beta velocities/class_weights; do
        forge set "$name" 7 nan
        before=$(sha256sum run/run.h5)
        tool train run --resume --quiet --set train.epochs=5
        [ "$status" -eq 7 ] || [ "$status" -eq 3 ]
        [ "$(sha256sum run/run.h5)" = "$before" ]
        tool show run
        [ "$status" -eq 0 ] || [ "$status" -eq 3 ]
        tool eval run --quiet --json
        [ "$status" -eq 0 ] || [ "$status" -eq 3 ]
    done
}

# --- places -----------------------------------------------------------------------------------------

@test "places that cannot hold a run" {
    : > file
    for place in file file/run; do
        tool train small.conf --quiet --out "$place"
        failed_with 3 "cannot create folder 'file': a file is in its place; choose another (--out)"
    done
    for place in /dev/null/run /proc/run /sys/run; do
        tool train small.conf --quiet --out "$place"
        failed_with 3 "cannot create folder '/" "choose another (--out)"
    done
    ln -s nowhere link
    tool train small.conf --quiet --out link
    failed_with 3 "cannot create folder 'link': a file is in its place"
    tool train small.conf --quiet --out ''
    failed_with 2 "--out wants the name of a folder"
    tool train small.conf --quiet --out "$(head -c 300 /dev/zero | tr '\0' x)"
    failed_with 3 "File name too long"
    tool train small.conf --quiet --out "$(head -c 9000 /dev/zero | tr '\0' x)"
    failed_with 3 "cannot create folder 'xxx"
}

@test "a folder that holds a run, or the preset itself, is not written over" {
    run_file run
    before=$(fingerprint run)
    tool train small.conf --out run
    failed_with 2 "'run' holds a run already" "'denseam train run --resume'" "--out"
    tool train small.conf --out ./run/
    failed_with 2 "holds a run already"
    ln -s run link
    tool train small.conf --out link
    failed_with 2 "holds a run already"
    [ "$(fingerprint run)" = "$before" ]
    mkdir mine
    { echo "# my notes"; cat small.conf; } > mine/preset.conf
    before=$(fingerprint mine)
    tool train mine/preset.conf --out mine
    failed_with 2 "the run would write its resolved preset over 'mine/preset.conf'"
    [ "$(fingerprint mine)" = "$before" ]
}

@test "without --out each training has a folder of its own" {
    mkdir a.b
    cp small.conf 'a.b/my own.preset.conf'
    for wanted in 'runs/my own.preset' 'runs/my own.preset-2' 'runs/my own.preset-3'; do
        tool train 'a.b/my own.preset.conf' --quiet --json
        succeeded
        [ "$(jq -r .run <<<"$output")" = "$wanted" ]
        [ -e "$wanted/run.h5" ]
    done
}

@test "two trainings into one folder at once" {
    mkdir run runs runs/small
    # A lock as the other training holds it.
    exec 7< run 8< runs/small
    flock 7
    flock 8
    tool train small.conf --quiet --out run
    failed_with 2 "another denseam is training into 'run' right now"
    [ -z "$(ls run)" ]
    tool train small.conf --quiet --json
    succeeded
    [ "$(jq -r .run <<<"$output")" = runs/small-2 ]
    exec 7<&- 8<&-
    tool train small.conf --quiet --out run
    succeeded
    "$DENSEAM" train small.conf --quiet --out both --set train.epochs=100000 > /dev/null 2> err &
    first=$!
    wait_for_lines both/metrics.jsonl 1
    tool train small.conf --quiet --out both
    [ "$status" -eq 2 ]
    tool train both --resume --quiet
    failed_with 2 "another denseam is training into 'both' right now"
    # Who only reads is let in.
    tool eval both --quiet
    succeeded
    kill -TERM "$first"
    wait "$first" || [ $? -eq 8 ]
    tool train both --resume --quiet --set train.epochs=1
    succeeded
}

@test "what a killed training left is swept away, and nothing else" {
    run_file run
    digits=0123456789abcdef
    touch run/{run.h5,metrics.jsonl,memories.png,curves.png}.tmp.denseam-$digits run/run.h5.tmp.mine run/notes.tmp.5
    tool train run --resume --quiet --set train.epochs=4
    succeeded
    [ "$(cd run && echo *.tmp.*)" = "notes.tmp.5 run.h5.tmp.mine" ]
}

@test "names that would break a message in two, or a terminal" {
    for name in $'a\nb' $'a\rb' $'a\033[2Jb'; do
        for words in "show" "eval" "train" "train --resume"; do
            # shellcheck disable=SC2086
            tool $words "./$name"
            [ "$status" -eq 2 ] || [ "$status" -eq 3 ]
            failed_with "$status" "./a"
            [[ "$stderr" != *[$'\r\033']* ]]
        done
    done
    run_file run
    tool show run --out ''
    [ "$status" -eq 3 ]
    [[ "$stderr" == *"cannot create a folder without a name; give it one (--out)"* ]]
}

@test "names of any bytes" {
    for name in '-with blank' 'q"uo'"'"'te%s%n' 'ünïcode' $'new\nline' $'bad\xff\xfeutf'; do
        tool train small.conf --quiet --json --out "./$name"
        succeeded
        jq -e '.run | startswith("./")' <<<"$output"
        [ -s "./$name/run.h5" ]
        [ -s "./$name/memories.png" ]
        [ -s "./$name/curves.png" ]
        tool show "./$name" --json
        succeeded
        jq -e '.picture | endswith("memories.png")' <<<"$output"
        tool eval "./$name" --quiet --json
        succeeded
        jq -e '.samples == 10000' <<<"$output"
    done
}

@test "show describes a run that it cannot write beside" {
    run_file run
    before=$(fingerprint run)
    mkdir run/memories.png.d
    # Root writes anywhere, so the picture's place is taken by a folder.
    rm run/memories.png
    mkdir run/memories.png
    tool show run
    [ "$status" -eq 3 ]
    [[ "$output" == *"memories a class"* ]]
    [[ "$output" != *"picture"* ]]
    [[ "$stderr" == "denseam: "*"'run/memories.png'"*"--out"* ]]
    tool show run --json
    [ "$status" -eq 3 ]
    jq -e '.memories == 20 and .picture == null' <<<"$output"
    tool show run --out pictures --json
    succeeded
    jq -e '.picture == "pictures/memories.png"' <<<"$output"
    [ -s pictures/memories.png ]
    nothing_left_over run
}

@test "what stands as a symbolic link is written where it leads" {
    run_file run
    mkdir scratch
    mv run/run.h5 scratch/large.h5
    ln -s ../scratch/large.h5 run/run.h5
    before=$(sha256sum < scratch/large.h5)
    tool train run --resume --quiet --set train.epochs=4
    succeeded
    [ -L run/run.h5 ]
    [ -f scratch/large.h5 ]
    [ ! -L scratch/large.h5 ]
    [ "$(sha256sum < scratch/large.h5)" != "$before" ]
    nothing_left_over scratch
    rm run/memories.png
    ln -s nowhere run/memories.png
    tool show run
    [ "$status" -eq 3 ]
    one_message "cannot write 'run/memories.png': it is a symbolic link, and what it leads to cannot be written"
}

# --- full disks -------------------------------------------------------------------------------------

# A driver that writes nothing once its kernels are compiled. PoCL does each time, and LLVM under it ends the
# process where it cannot.
use_quiet_driver() {
    export OCL_ICD_VENDORS=rusticl.icd RUSTICL_ENABLE=llvmpipe
    sed -i 's/samples = 2000/samples = 300/; s/batch = 200/batch = 90/' small.conf
    [ -e "$BATS_FILE_TMPDIR/whole" ] ||
        "$DENSEAM" train small.conf --quiet --out "$BATS_FILE_TMPDIR/whole" > /dev/null
    cp -r "$BATS_FILE_TMPDIR/whole" whole
}

# limited KIB ARGUMENTS...: the tool in a shell whose files can grow to so many KiB.
limited() {
    local limit="$1"
    shift
    run --separate-stderr bash -c 'ulimit -f "$1"; shift; "$DENSEAM" "$@"' limited "$limit" "$@"
}

# bats test_tags=rusticl
@test "files may not grow: when the run is made" {
    use_quiet_driver
    limited 0 train small.conf --quiet --out run
    # Even the message may not be writable then; the code tells.
    [ "$status" -eq 3 ]
    [ ! -e run/run.h5 ]
    [ -z "$(find run -type f)" ]
    limited 16 train small.conf --quiet --out run
    failed_with 3 "cannot write 'run/run.h5': File too large"
    [ ! -e run/run.h5 ]
    nothing_left_over run
    # What such a try left is in nobody's way.
    tool train small.conf --quiet --out run
    succeeded
}

# bats test_tags=rusticl
@test "files may not grow: at a later checkpoint, and at the pictures" {
    use_quiet_driver
    cp -r whole run
    before=$(fingerprint run)
    limited 16 train run --resume --quiet --set train.epochs=5
    failed_with 3 "cannot write 'run/run.h5': File too large" "a file there before is unchanged"
    [ "$(sha256sum < run/run.h5)" = "$(cd whole && sha256sum < run.h5)" ]
    nothing_left_over run
    tool show run --json
    succeeded
    jq -e '.last_epoch.epoch == 3' <<<"$output"
    rm -rf run
    cp -r whole run
    limited 8 train run --resume --quiet
    failed_with 3 "the run is saved, but not all of its pictures: cannot write 'run/memories.png'"
    [ "$(fingerprint run)" = "$before" ]
    limited 8 show run
    [ "$status" -eq 3 ]
    [ "$(fingerprint run)" = "$before" ]
}

# A file system of $1 KiB at ./disk, where this user may make one; else the test has nothing to do,
# and the tests above have shown the same with limits on files.
small_disk() {
    mkdir disk
    mount -t tmpfs -o "size=${1}k" denseam-test disk 2> /dev/null || return 1
    mounted="$PWD/disk"
}

# fill KIB: until so many KiB are left.
fill() {
    local left
    rm -f disk/ballast
    left=$(df -k --output=avail disk | tail -n 1)
    head -c $(((left - $1) * 1024)) /dev/zero > disk/ballast
}

@test "a full disk at any moment" {
    if ! small_disk 1024; then
        echo "no tmpfs here: the tests with limits on files stand for it"
        return 0
    fi
    cp small.conf disk
    fill 0
    tool train small.conf --quiet --out disk/run
    failed_with 3 "No space left on device"
    fill 40
    tool train small.conf --quiet --out disk/run
    failed_with 3 "cannot write 'disk/run/run.h5': No space left on device"
    [ ! -e disk/run/run.h5 ]
    nothing_left_over disk
    rm -r disk/ballast disk/run

    tool train small.conf --quiet --out disk/run
    succeeded
    before=$(fingerprint disk/run | grep -v metrics.jsonl)
    fill 40
    tool train disk/run --resume --quiet --set train.epochs=5
    failed_with 3 "cannot write 'disk/run/run.h5': No space left on device"
    [ "$(fingerprint disk/run | grep -E 'run.h5|png')" = "$(grep -E 'run.h5|png' <<<"$before")" ]
    nothing_left_over disk
    tool show disk/run --out elsewhere --json
    succeeded
    jq -e '.last_epoch.epoch == 3' <<<"$output"
    fill 4
    tool train disk/run --resume --quiet
    failed_with 3 "the run is saved, but not all of its pictures: " "memories.png" "No space left"
    nothing_left_over disk
    rm disk/ballast
    tool train disk/run --resume --quiet --set train.epochs=5
    succeeded
    # Space for two small memories, but not for the curves.
    tool train small.conf --quiet --out disk/two --set model.memories=2
    succeeded
    before=$(fingerprint disk/two)
    fill 32
    tool train disk/two --resume --quiet
    succeeded
    [[ "$stderr" == "warning: 'disk/two/curves.png' was not drawn: gnuplot wrote only a part of it"* ]]
    [ "$(fingerprint disk/two)" = "$before" ]
    nothing_left_over disk
}

@test "a disk that may only be read" {
    if ! small_disk 4096; then
        echo "no tmpfs here"
        return 0
    fi
    run_file disk/run
    mount -o remount,ro "$mounted"
    tool show disk/run
    [ "$status" -eq 3 ]
    [[ "$output" == *"memories a class"* ]]
    [[ "$stderr" == *"Read-only file system"*"--out draws into another folder"* ]]
    tool eval disk/run --quiet
    succeeded
    tool train small.conf --quiet --out disk/new
    failed_with 3 "cannot create folder 'disk/new': Read-only file system; choose another (--out)"
    tool train disk/run --resume --quiet --set train.epochs=5
    failed_with 3 "Read-only file system"
}

@test "a terminal is shown no commands that a run file or a name holds" {
    local bad=$'\e]0;t\a\xc2\x9b\xe2\x80\xae\xff' seen='\x1b]0;t\x07\u009b\u202e'
    run_file run
    cp run/run.h5 whole
    for text in device data; do
        "$(dirname "$DENSEAM")/tests/forge" whole run/run.h5 text "$text" "" "${bad%?}"
        tool show run
        succeeded
        [[ "$output" == *"$seen"* ]]
        [[ "$output" != *[$'\e\a']* && "$output" != *$'\xc2\x9b'* && "$output" != *$'\xe2\x80\xae'* ]]
    done
    tool train small.conf --set train.epochs=1 --out "new$bad ä"
    succeeded
    [[ "$output" == *"new$seen\\xff ä"* ]]
    [[ "$output$stderr" != *[$'\e\a']* ]]
    tool eval "none$bad" --quiet
    failed_with 3 "none$seen\\xff"
}
