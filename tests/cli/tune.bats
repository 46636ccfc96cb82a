# `denseam tune`: its files, what it does with candidates that fail, and how it goes on. $DENSEAM is
# the tool. Where speed is not the question a script stands in for the candidates, so that nothing is
# measured. No time is checked, and searches end by the number of candidates: machines are shared.
load helpers

setup() {
    common_setup
    unset DENSEAM_TUNING DENSEAM_TUNE_PROGRAM
    # Compiled kernels are shared by the tests of this file, tuning files are not.
    export XDG_CACHE_HOME="$BATS_FILE_TMPDIR/cache"
    tunings="$XDG_CACHE_HOME/denseam/tuning"
    rm -rf "$tunings"
    cat > tiny.conf << 'CONF'
title = "tiny"
data { name = "random"  samples = 200  validation = 0 }
model { kind = "vmf"  memories = 30 }
train { batch = 50  epochs = 2  patience = 0  checkpoint = 1 }
CONF
    cat > fake << 'SCRIPT'
#!/bin/bash
# A stand-in for tune-try: every candidate is as fast as the built-in one, but for those that the
# test wants to misbehave.
echo x >> "$FAKE_LOG"
for bad in $FAKE_HANGS; do
    grep -q "$bad" "$DENSEAM_TUNING" && { echo $$ >> "$FAKE_LOG.hung"; exec sleep 600; }
done
for bad in $FAKE_CRASHES; do grep -q "$bad" "$DENSEAM_TUNING" && kill -SEGV $$; done
for bad in $FAKE_FAILS; do
    grep -q "$bad" "$DENSEAM_TUNING" && { echo "denseam: entry 0, 0 is nan" >&2; exit 6; }
done
[ -z "$FAKE_PAUSE" ] || sleep "$FAKE_PAUSE"
i=0
good=0.5
for best in $FAKE_BEST; do grep -q "$best" "$DENSEAM_TUNING" && good=0.8; done
for word in "$@"; do
    case "$word" in
    [nt][nt]\ *) echo "share $i $good"; i=$((i + 1)) ;;
    step) echo "ratio 0 1.0" ;;
    esac
done
SCRIPT
    chmod +x fake
    export FAKE_LOG="$PWD/log"
    : > log
}

with_fake() {
    export DENSEAM_TUNE_PROGRAM="$PWD/fake"
}

the_file() {
    find "$tunings" -name '*.tuning'
}

# A tuning file for this device whose products read both factors directly. $own = the path at which
# the device's own is looked for.
hand_made() {
    with_fake
    "$DENSEAM" tune tiny.conf --quiet --trials 1 > /dev/null
    unset DENSEAM_TUNE_PROGRAM
    own=$(the_file)
    {
        sed -n 1,8p "$(the_file)"
        printf '\n[cpu single]\n'
        printf 'panel = rows=4 vectors=1 depth=2048 unroll=1 direct_a=1 direct_b=1 columns_first=0\n'
        printf 'product nt 50x30x784x1 = panel rows=5 vectors=1 depth=256 unroll=1 direct_a=0 '
        printf 'direct_b=0 columns_first=1\n\nend\n'
    } > "$1"
    rm -rf "$tunings"
}

@test "a real search measures products and leaves its file alone" {
    tool tune tiny.conf --trials 1 --json --quiet
    succeeded
    [ -z "$stderr" ]
    jq -e '.products | length == 2 and all(.tuned > 0 and .provider != null)' <<<"$output"
    jq -e '.tried == 1 and .presets == [{preset: "tiny.conf", ratio: null}]' <<<"$output"
    file=$(jq -r .file <<<"$output")
    [ "$(the_file)" = "$file" ]
    nothing_left_over "$tunings"
    [ "$(find "$tunings" -type f | wc -l)" -eq 1 ]
}

@test "a candidate is what the file says, and nothing where it is not taken" {
    hand_made good
    shapes=("nt 50x30x784x1" "tn 30x784x50x1")
    DENSEAM_TUNING=good tool tune-try --gemm panel products "${shapes[@]}"
    succeeded
    [ "${#lines[@]}" -eq 2 ]
    [ "$(grep -c '^share [01] [0-9.]*$' <<<"$output")" -eq 2 ]
    DENSEAM_TUNING=good tool tune-try step tiny.conf
    succeeded
    [[ "${lines[-1]}" =~ ^ratio\ 0\ [0-9.]+$ ]]
    sed 's/rows=4/rows=99/' good > wrong
    DENSEAM_TUNING=wrong tool tune-try --gemm panel products "${shapes[@]}"
    failed_with 2 "the tuning file 'wrong' was not taken"
}

@test "the best candidates of a search are in its file, and the table says so" {
    with_fake
    FAKE_BEST="direct_a=1" tool tune tiny.conf --trials 20
    succeeded
    [[ "$output" == *"nt 50x30x784x1"*"50.0%"*"80.0%"*"direct A"* ]]
    [[ "$output" == *"tiny.conf"*"1.00"* ]]
    [ "$(awk '{ if (length > 79 && $1 != "written") print }' <<<"$output" | wc -l)" -eq 0 ]
    grep -q '^\[cpu single\]$' "$(the_file)"
    [ "$(grep -cE '^product (nt 50x30x784x1|tn 30x784x50x1) = .*direct_a=1' "$(the_file)")" -eq 2 ]
    # Other products come beside them; the same ones are what the last search says.
    FAKE_BEST="nothing" tool tune tiny.conf --trials 20
    succeeded
    FAKE_BEST="direct_a=1" tool tune tiny.conf --set model.memories=29 --trials 20
    succeeded
    [ "$(grep -cE '^product (nt 50x30x784x1|tn 30x784x50x1) = panel$' "$(the_file)")" -eq 2 ]
    [ "$(grep -cE '^product (nt 50x29x784x1|tn 29x784x50x1) = .*direct_a=1' "$(the_file)")" -eq 2 ]
}

@test "candidates that hang, crash or are wrong cost only themselves" {
    with_fake
    export FAKE_HANGS="direct_a=1.direct_b=1.columns_first=0" FAKE_CRASHES="columns_first=1"
    export FAKE_FAILS="direct_a=0.direct_b=1"
    FAKE_BEST="direct_a=1" tool tune tiny.conf --trials 60 --patience 5
    succeeded
    [[ "$stderr" == *"is refused: it hung and was killed"* ]]
    [[ "$stderr" == *"is refused: it crashed with signal 11"* ]]
    [[ "$stderr" == *"is refused: it failed with code 6: entry 0, 0 is nan"* ]]
    ! grep -E "columns_first=1|direct_a=0 direct_b=1|direct_a=1 direct_b=1" "$(the_file)"
    grep -q "direct_a=1 direct_b=0" "$(the_file)"
    # Nothing of it runs on.
    [ -s log.hung ]
    while read -r hung; do
        ! kill -0 "$hung"
    done < log.hung
}

@test "a device on which everything hangs is left as it was" {
    with_fake
    FAKE_HANGS="denseam" tool tune tiny.conf --trials 3 --patience 1 --json --quiet
    succeeded
    jq -e '.refused == 3 and (.products | all(.provider == null))' <<<"$output"
    ! grep -qE "^product (nt 50x30x784x1|tn 30x784x50x1)" "$(the_file)"
}

@test "a search that was stopped goes on where it was" {
    with_fake
    # The process itself, not a shell round it, gets the signal.
    FAKE_PAUSE=0.3 "$DENSEAM" tune tiny.conf --trials 50 > out 2> err &
    search=$!
    wait_for_lines log 6
    kill -TERM "$search"
    code=0
    wait "$search" || code=$?
    [ "$code" -eq 8 ]
    [ ! -s out ]
    [[ "$(tail -n 1 err)" == *"what was measured is kept"* ]]
    [ -z "$(the_file)" ]
    kept=$(grep -c -E '^[0-9a-f]{64} ' "$tunings"/*.tried)
    [ "$kept" -ge 4 ]
    : > log
    tool tune tiny.conf --trials 50 --json --quiet
    succeeded
    measured=$(jq .tried <<<"$output")
    [ "$(wc -l < log)" -eq $((measured - kept)) ]
    [ "$(find "$tunings" -type f | wc -l)" -eq 1 ]
}

# ignored FILE WORDS: the file is not taken, with one warning that has these words.
ignored() {
    DENSEAM_TUNING="$1" tool train tiny.conf --dry-run --quiet
    succeeded
    [ "${#stderr_lines[@]}" -eq 1 ] || { echo "stderr: $stderr"; return 1; }
    [[ "$stderr" == "warning: the tuning file '$1' is ignored: "*"$2"* ]] ||
        { echo "no '$2' in: $stderr"; return 1; }
    [ "$output" = "$plain" ]
}

@test "a file that is cut, old, of another driver or wrong is ignored whole with one warning" {
    hand_made good
    plain=$(DENSEAM_TUNING=none "$DENSEAM" train tiny.conf --dry-run --quiet)
    DENSEAM_TUNING=good tool train tiny.conf --dry-run --quiet
    succeeded
    [ -z "$stderr" ]
    head -c $(($(stat -c %s good) / 2)) good > half
    ignored half "it is cut off"
    sed 's/^version = .*/version = 0.0.9/' good > version
    ignored version "its line 2 is 'version = 0.0.9', but here it is 'version = "
    sed 's/^driver = .*/driver = 2.0/' good > driver
    ignored driver "'driver = 2.0', but here it is"
    sed 's/rows=4/rows=99/' good > wrong
    ignored wrong "'rows' cannot be '99'"
    ignored absent "cannot open"
    # The user's own is found again when its driver is another one.
    mkdir -p "$tunings"
    with_fake
    "$DENSEAM" tune tiny.conf --quiet --trials 1 > /dev/null
    sed -i 's/^driver = .*/driver = 2.0/' "$(the_file)"
    tool train tiny.conf --dry-run --quiet
    succeeded
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ "$stderr" == *"tuning the device makes one that fits"* ]]
}

@test "the same file gives the same bits, and a run knows when it is another" {
    # Taken where `denseam tune` leaves it, or by name.
    hand_made good
    mkdir -p "$tunings"
    cp good "$own"
    tool train tiny.conf --quiet --out one
    succeeded
    [ -z "$stderr" ]
    h5dump -a tuning one/run.h5 | grep -q "$(sha256sum good | cut -d ' ' -f 1)"
    export DENSEAM_TUNING=good
    "$DENSEAM" train tiny.conf --quiet --out two > /dev/null
    same_training one two
    tool train one --resume --set train.epochs=3 --quiet
    succeeded
    [ -z "$stderr" ]
    # With the same programs, which need not be compiled for it.
    sed 's/50x30x784/50x31x784/' good > other
    DENSEAM_TUNING=other tool train two --resume --set train.epochs=3 --quiet
    succeeded
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ "$stderr" == *"the run began with another tuning of the device"* ]]
}

@test "what makes no sense is said" {
    tool tune nosuch
    failed_with 2 "nosuch"
    tool tune tiny.conf --budget 0
    failed_with 2 "--budget wants a number"
    tool tune tiny.conf --trials 0
    failed_with 2 "--trials wants a"
    sed 's/batch = 50/batch = 50 precision = "double"/' tiny.conf > double.conf
    tool tune tiny.conf double.conf --quiet
    failed_with 2 "'double.conf' has another precision"
    tool tune tiny.conf --device nosuch
    failed_with 4 "nosuch"
    DENSEAM_TUNE_PROGRAM=/nonexistent tool tune tiny.conf --quiet
    failed_with 1 "cannot start '/nonexistent'"
    "$DENSEAM" help | grep -q "^  tune "
    ! "$DENSEAM" help | grep -q "tune-try"
}
