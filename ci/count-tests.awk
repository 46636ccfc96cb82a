# Reads what `ctest --verbose` prints and writes "PASSED FAILED", then the name of each failure.
# A cmocka or bats program counts by its own tests, every other program as one. A skipped test counts
# as failed: ci/setup installs all that a test may want. So does a program that crashes, never ends or
# runs nothing. Of a program that is run again the last run counts.
function failure(number, text) {
    bad[number]++
    names[number] = names[number] text "\n"
}
/^ *Start +[0-9]+: / {
    sub(/^ *Start +/, "")
    number = $1 + 0
    program[number] = $2
    good[number] = bad[number] = ended[number] = counts_itself[number] = 0
    names[number] = ""
    runs[number]++
    next
}
# "3: line": what program 3 printed.
/^[0-9]+: / {
    number = $1 + 0
    line = $0
    sub(/^[0-9]+: /, "", line)
    if (line ~ /^\[       OK \] /) {
        good[number]++
    } else if (line ~ /^\[  (FAILED|SKIPPED|ERROR) +\] [A-Za-z_]/ && line !~ / test\(s\), listed below:$/) {
        sub(/^[^\]]*\] /, "", line)
        # cmocka lists them once more at its end.
        if (!seen[number, runs[number], line]++)
            failure(number, program[number] ": " line)
    } else if (line ~ /^ok [0-9]+ / && line !~ / # skip/) {
        good[number]++
    } else if (line ~ /^(not )?ok [0-9]+ /) {
        failure(number, program[number] ": " line)
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
            failure(number, $0)
        }
    } else if (!counts_itself[number]) {
        good[number]++
    } else if (!good[number]) {
        failure(number, program[number] ": ran no test")
    }
}
END {
    for (number in program) {
        if (!ended[number])
            failure(number, program[number] ": did not end")
        passed += good[number]
        failed += bad[number]
        text = text names[number]
    }
    if (passed + failed == 0) {
        failed = 1
        text = "no tests ran\n"
    }
    printf "%d %d\n%s", passed, failed, text
}
