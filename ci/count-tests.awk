# Reads what `ctest --verbose` prints and writes "PASSED FAILED", then the name of each failure.
# A cmocka or bats program counts by its own tests, every other program as one. A skipped test counts
# as failed: ci/setup installs all that a test may want. So does a program that crashes, never ends or
# runs nothing.
function failure(text) {
    failed++
    names = names text "\n"
}
/^ *Start +[0-9]+: / {
    sub(/^ *Start +/, "")
    number = $1 + 0
    program[number] = $2
    next
}
# "3: line": what program 3 printed.
/^[0-9]+: / {
    number = $1 + 0
    line = $0
    sub(/^[0-9]+: /, "", line)
    if (line ~ /^\[       OK \] /) {
        passed++
        good[number]++
    } else if (line ~ /^\[  (FAILED|SKIPPED|ERROR) +\] [A-Za-z_]/) {
        sub(/^[^\]]*\] /, "", line)
        # cmocka lists them once more at its end.
        if (!seen[number, line]++) {
            bad[number]++
            failure(program[number] ": " line)
        }
    } else if (line ~ /^ok [0-9]+ / && line !~ / # skip/) {
        passed++
        good[number]++
    } else if (line ~ /^(not )?ok [0-9]+ /) {
        bad[number]++
        failure(program[number] ": " line)
    } else if (line ~ /Running [0-9]+ test\(s\)/ || line ~ /^1\.\.[0-9]+$/) {
        counts_itself[number] = 1
    }
    next
}
# " 3/15 Test  #3: unit/x .....   Passed  0.02 sec"
/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
    match($0, /#[0-9]+/)
    number = substr($0, RSTART + 1, RLENGTH - 1) + 0
    ended[number] = 1
    if ($0 !~ / Passed /) {
        if (!bad[number]) {
            sub(/^[^:]*: /, "")
            failure($0)
        }
    } else if (!counts_itself[number]) {
        passed++
    } else if (!good[number]) {
        failure(program[number] ": ran no test")
    }
}
END {
    for (number in program)
        if (!ended[number])
            failure(program[number] ": did not end")
    if (passed + failed == 0)
        failure("no tests ran")
    printf "%d %d\n%s", passed, failed, names
}
