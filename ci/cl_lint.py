"""Checks what `denseam programs` wrote with clang's frontend; ci/cl-lint runs it.

cl_lint.py FOLDER...: each has the programs of one shape. Of each kind of program one is checked, as
ci/cl-gpu chooses them, in both precisions alike; and every file of cl/ must be in one. A parameter
that some programs have no use for is right; one that none of them uses is not. ci/cl-race runs the
self-test, so that must launch every kernel that a preset launches.
"""
import collections
import concurrent.futures
import csv
import glob
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import cl_gpu  # noqa: E402

# Not every program uses all functions of the parts before it.
CLANG = ["clang", "-x", "cl", "-target", "spir64-unknown-unknown", "-Xclang",
         "-finclude-default-header", "-fsyntax-only", "-Wall", "-Wextra", "-Wno-unused-function",
         "-Wno-unused-command-line-argument", "-Werror", "-Wno-error=unused-parameter"]
UNUSED = re.compile(r"^(cl/\w+\.cl):(\d+):(\d+): warning: (unused parameter '\w+')", re.M)


def lint(pair):
    """What is wrong, with file and line in cl/, empty where nothing is; and unused parameters."""
    done = subprocess.run(CLANG + pair.options + ["-"], input=pair.source, text=True,
                          errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    unused = UNUSED.findall(done.stdout)
    if done.returncode == 0:
        return "", unused
    return "%sci/cl-lint: cl/%s.cl fails with %s\n" % (
        done.stdout, pair.program, " ".join(pair.options)), unused


def files_of(pair):
    return re.findall(r'^#line 1 "(cl/\w+\.cl)"$', pair.source, re.M)


def without_a_case(folder):
    """The kernels that presets launch, and the self-test does not."""
    launched = {True: set(), False: set()}
    with open(os.path.join(folder, "launches.csv")) as file:
        for row in csv.DictReader(file):
            if row["program"]:  # else it is a library's
                launched[row["preset"] == "selftest"].add(row["kernel"])
    return sorted(launched[False] - launched[True])


def main():
    pairs, messages = [], []
    for folder in sys.argv[1:]:
        messages += ["ci/cl-lint: no case of the self-test launches %s: ci/cl-race leaves it out\n" %
                     kernel for kernel in without_a_case(folder)]
        found = cl_gpu.read_pairs(folder)
        for wide in (False, True):
            pairs += cl_gpu.some_of_each_kind([pair for pair in found if pair.wide == wide], True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        results = list(threads.map(lint, pairs))
    messages += [message for message, _ in results if message]
    files = collections.Counter(path for pair in pairs for path in files_of(pair))
    unused = collections.Counter(one for _, found in results for one in found)
    messages += ["%s:%s:%s: %s in every program\n" % one
                 for one, count in sorted(unused.items()) if count == files[one[0]]]
    messages += ["ci/cl-lint: no program that 'denseam programs' writes has %s\n" % path
                 for path in sorted(set(glob.glob("cl/*.cl")) - set(files))]
    sys.stdout.write("".join(messages))
    print("ci/cl-lint: %d programs checked" % len(pairs))
    sys.exit(1 if messages or not pairs else 0)


if __name__ == "__main__":
    main()
