"""Compiles what `denseam programs` wrote for GPUs, and compares with budgets; ci/cl-gpu runs it.

cl_gpu.py COMPILERS PROGRAMS BUDGETS [--again | --all | --update]
"""
import concurrent.futures
import csv
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

# In double precision one program of each file is compiled, for the first card of each vendor; with
# --all they all are, for all cards.
AMD = ["gfx90a", "gfx906", "gfx1030", "gfx1100"]
INTEL = ["pvc", "skl", "tgllp", "acm-g10"]
NVIDIA = ["sm_80", "sm_61", "sm_90"]
WITHOUT_FP64 = {"tgllp", "acm-g10"}

# The packages that a vendor's budgets hang on.
VENDORS = {"AMD": (AMD, ["clang-15", "lld-15", "rocm-device-libs"]),
           "Intel": (INTEL, ["intel-opencl-icd", "libigc1", "libopencl-clang14"]),
           "NVIDIA": (NVIDIA, ["clang-15", "libclc-15", "nvidia-cuda-toolkit"])}

# Part of the key of every result that is kept: raise it when what is asked of compilers, or read
# from what they say, changes.
FORMAT = "2\n"

# Options whose values make programs of one kind: one of them stands for all.
SIZES = re.compile(r"-D(EXPONENT|POWER|LOCAL_MEMORIES|PATCH|PATCH_STRIDE|IMAGE_\w+)=(?!0$).*")

# What is budgeted, and whether more of it is better. Wide loads only tell of what they are a part.
NUMBERS = {"registers": False, "waves": True, "spills": False, "scratch": False, "local": False,
           "wide": None, "narrow": False}

BUDGETS_HEAD = """\
# What each kernel needs on each card, by the vendor's compiler: the worst over the options of the
# programs that ci/cl-gpu takes, in single precision. ci/cl-gpu --update writes this file; whoever
# changes a kernel reviews the difference.
#   registers  a lane of AMD's and NVIDIA's cards has, or a thread of Intel's
#   waves      that fit on an AMD SIMD or an NVIDIA SM; of Intel the lanes of a thread
#   spills     registers of AMD's and Intel's cards, bytes of NVIDIA's
#   scratch    bytes of private memory, a lane; of Intel a thread
#   local      bytes of local memory, a work-group
#   wide       loads from global memory of 8 bytes or more, in the code
#   narrow     those of 4 bytes; neither is counted of Intel's cards and of gfx1100
# The compilers they are of. By others a kernel may need more, whoever changed what: exit code 3.
"""
OF = re.compile(r"# of (\w+): +(.*)\n")

SETTLED_HEAD = """\
# Digests of programs as they were compiled for these budgets: sources, options, cards, compilers and
# the budgets themselves. A program whose digest is still this one is not compiled again.
"""
AS = re.compile(r"# as (\w+): +([0-9a-f]{64})\n")


class Compilers:
    """Where the compilers are, and of which version."""

    def __init__(self, folder):
        free = os.path.join(folder, "free")
        self.clang = free + "/usr/lib/llvm-15/bin/clang"
        self.ocloc = free + "/usr/bin/ocloc"
        self.amd_library = free + "/usr/lib/x86_64-linux-gnu/amdgcn/bitcode/"
        self.nvidia_library = free + "/usr/lib/clc/nvptx64--nvidiacl.bc"
        self.ptxas = os.path.join(folder, "non-free/usr/bin/ptxas")
        self.results = os.path.join(folder, "results")
        self.environment = dict(os.environ, LC_ALL="C", LD_LIBRARY_PATH=":".join(
            free + place for place in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/llvm-15/lib")))
        self.version = FORMAT
        for part in ("free", "non-free"):
            path = os.path.join(folder, part, "packages")
            self.version += open(path).read() if os.path.exists(path) else ""
        self.isa = os.path.join(folder, "isa_1100.bc")
        os.makedirs(self.results, exist_ok=True)

    def of(self, vendor):
        """The versions of its packages, in one line."""
        versions = dict(line.replace("%3a", ":").split("_")[:2] for line in self.version.split()
                        if "_" in line)
        return ", ".join(name + " " + versions.get(name, "is not there")
                         for name in VENDORS[vendor][1])

    def run(self, command, folder):
        """The exit code and what was printed."""
        done = subprocess.run(command, env=self.environment, cwd=folder, text=True,
                              errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def make_isa(self):
        """Debian 12's device libraries are older than gfx1100: all they lack is its number."""
        text = ("@__oclc_ISA_version = linkonce_odr protected local_unnamed_addr addrspace(4) "
                "constant i32 11000, align 4\n")
        new = "%s.%d" % (self.isa, os.getpid())
        with tempfile.TemporaryDirectory() as work:
            with open(work + "/isa.ll", "w") as file:
                file.write('target triple = "amdgcn-amd-amdhsa"\n' + text)
            code, log = self.run([self.clang, "-x", "ir", "-target", "amdgcn-amd-amdhsa",
                                  "-nogpulib", "-emit-llvm", "-c", "-o", new, "isa.ll"], work)
        if code:
            sys.exit("ci/cl-gpu: " + log)
        os.replace(new, self.isa)


# --- what compilers say --------------------------------------------------------------------------

def complaints(code, log):
    """Errors and warnings of a compiler; its remarks are none."""
    lines = [line for line in log.splitlines()
             if re.search(r"\b(error|warning|fatal|undefined|Unresolved)\b", line)
             and not re.search(r"warnings? generated|spilled around|: remark:", line)]
    return lines or (["failed with " + str(code) + ": " + log[-400:]] if code else [])


def clang_command(compilers, target, triple, libraries, options):
    command = [compilers.clang, "-x", "cl", "-Xclang", "-finclude-default-header", "-target",
               triple, target, "-nogpulib", "-O3", "-Wall", "-Wno-unused",
               "-Wno-linker-warnings", "-Wno-unused-command-line-argument"]
    for library in libraries:
        command += ["-Xclang", "-mlink-builtin-bitcode", "-Xclang", library]
    return command + options


def sections(path):
    """The sections of an ELF file, by name."""
    with open(path, "rb") as file:
        data = file.read()
    start, = struct.unpack_from("<Q", data, 0x28)
    size, count, names = struct.unpack_from("<HHH", data, 0x3A)
    headers = [struct.unpack_from("<IIQQQQIIQQ", data, start + i * size) for i in range(count)]
    texts = headers[names][4]
    found = {}
    for header in headers:
        name = data[texts + header[0]:data.index(b"\0", texts + header[0])].decode()
        found[name] = data[header[4]:header[4] + header[5]]
    return found


def symbols(table, names):
    """Name and type of each symbol."""
    for at in range(0, len(table), 24):
        name, info = struct.unpack_from("<IB", table, at)
        yield names[name:names.index(b"\0", name)].decode(), info & 15


# --- AMD -----------------------------------------------------------------------------------------

def amd(compilers, target, source, options, work):
    wave64 = "off" if target.startswith("gfx1") else "on"
    flushes = "on" if "-cl-denorms-are-zero" in options else "off"
    libraries = [compilers.amd_library + name + ".bc" for name in (
        "opencl", "ocml", "ockl", "oclc_daz_opt_" + flushes, "oclc_unsafe_math_off",
        "oclc_finite_only_off", "oclc_correctly_rounded_sqrt_off",
        "oclc_wavefrontsize64_" + wave64, "oclc_abi_version_400")]
    libraries.append(compilers.isa if target == "gfx1100" else
                     compilers.amd_library + "oclc_isa_version_" + target[3:] + ".bc")
    command = clang_command(compilers, "-mcpu=" + target, "amdgcn-amd-amdhsa", libraries, options)
    # LLVM 15's assembler refuses what its compiler writes for gfx1100: there is no text then.
    output = ["-c", "-o", "x.o"] if target == "gfx1100" else ["-S", "-o", "x.s"]
    code, log = compilers.run(
        command + ["-Rpass-analysis=kernel-resource-usage"] + output + [source], work)
    errors = complaints(code, log)
    if code:
        return errors, {}
    code, linked = compilers.run(
        [compilers.clang, "-target", "amdgcn-amd-amdhsa", "-mcpu=" + target, "-nogpulib",
         output[-1], "-o", "x.co"], work)
    errors += complaints(code, linked)
    if code:
        return errors, {}
    with open(work + "/" + output[-1], errors="replace") as file:
        assembly = file.read() if target != "gfx1100" else ""
    names, functions = amd_symbols(work + "/x.co")
    kernels = amd_numbers(log, names, assembly)
    for name in sorted(functions - names):
        errors.append("the function " + name + " is called, not inlined")
    return errors, kernels


def amd_symbols(path):
    """The kernels, which have a descriptor each, and the functions, which kernels are, too."""
    parts = sections(path)
    kernels, functions = set(), set()
    for name, kind in symbols(parts[".symtab"], parts[".strtab"]):
        if name.endswith(".kd"):
            kernels.add(name[:-3])
        elif kind == 2:
            functions.add(name)
    return kernels, functions


def amd_numbers(log, kernels, assembly):
    keys = {"VGPRs": "registers", "AGPRs": "more", "ScratchSize [bytes/lane]": "scratch",
            "Occupancy [waves/SIMD]": "waves", "VGPRs Spill": "spills",
            "LDS Size [bytes/block]": "local"}
    found, current = {}, None
    for key, value in re.findall(r"remark: +([A-Za-z/ \[\]]+?): (\S+) \[-Rpass", log):
        if key == "Function Name":
            current = found.setdefault(value, {}) if value in kernels else {}
        elif key in keys and current is not None:
            current[keys[key]] = int(value)
    for numbers in found.values():
        numbers.update(registers=numbers["registers"] + numbers.pop("more", 0), wide=0, narrow=0)
    for part in re.split(r"^\s*\.globl\s+", assembly, flags=re.M)[1:]:
        numbers = found.get(part.split()[0])
        if numbers is None:
            continue
        numbers["wide"] = len(re.findall(
            r"\b(?:global|flat|buffer)_load_(?:b128|b96|b64|dwordx[234])\b", part))
        numbers["narrow"] = len(re.findall(
            r"\b(?:global|flat|buffer)_load_(?:b32|dword)\b", part))
    return found


# --- Intel ---------------------------------------------------------------------------------------

def intel(compilers, target, source, options, work):
    code, log = compilers.run(
        [compilers.ocloc, "compile", "-device", target, "-file", source, "-out_dir", "o",
         "-output", "x", "-options", " ".join(options), "-internal_options",
         "-cl-intel-allow-zebin"], work)
    errors = complaints(code, log)
    binaries = [name for name in os.listdir(work + "/o") if name.endswith(".bin")] \
        if os.path.isdir(work + "/o") else []
    if not binaries:
        return errors or ["there is no binary: " + log[-400:]], {}
    info = sections(work + "/o/" + binaries[0])[".ze_info"].decode()
    listed = re.split(r"^(\w+):", info, flags=re.M)
    parts = dict(zip(listed[1::2], listed[2::2]))
    kernels = {}
    for part in re.split(r"^ +- name: +", parts.get("kernels", ""), flags=re.M)[1:]:
        name = part.split()[0].strip("'\"")
        if name.startswith("Intel_"):  # the compiler's own
            continue

        def number(key, text=part):
            found = re.search(r"\b" + key + r": +(\d+)", text)
            return int(found.group(1)) if found else 0
        if not number("grf_count") or not number("simd_size"):
            continue  # not understood: the kernel is missed later
        kernels[name] = {"registers": number("grf_count"), "waves": number("simd_size"),
                         "spills": 0, "local": number("slm_size"), "wide": 0, "narrow": 0,
                         "scratch": sum(map(int, re.findall(
                             r"- type: +\w+\n +usage: +\w+\n +size: +(\d+)", part)))}
    for name, spilled in re.findall(
            r"kernel (\w+) +compiled SIMD\d+ allocated \d+ regs and spilled around (\d+)", log):
        kernels.get(name, {})["spills"] = int(spilled)
    for name in re.findall(r"- name: +(\S+)", parts.get("functions", "")):
        errors.append("the function " + name + " is called, not inlined")
    return errors, kernels


# --- NVIDIA --------------------------------------------------------------------------------------

def nvidia(compilers, target, source, options, work):
    """The frontend knows cards up to sm_86; ptxas takes its code for later ones."""
    known = "sm_80" if target == "sm_90" else target
    command = clang_command(compilers, "-march=" + known, "nvptx64-nvidia-nvcl",
                            [compilers.nvidia_library], options)
    code, log = compilers.run(command + ["-S", "-o", "x.ptx", source], work)
    errors = complaints(code, log)
    if code:
        return errors, {}
    code, log = compilers.run(
        [compilers.ptxas, "-arch=" + target, "-v", "x.ptx", "-o", "x.cubin"], work)
    errors += complaints(code, log)
    with open(work + "/x.ptx") as file:
        text = file.read()
    for name in re.findall(r"^\s*\.(?:extern|visible|weak)?\s*\.func.*?\b(\w+)\s*\(", text, re.M):
        errors.append("the function " + name + " is called, not inlined")
    if re.search(r"^\s*call\b", text, re.M):
        errors.append("a call is left")
    return errors, nvidia_numbers(log, text)


def nvidia_numbers(log, text):
    kernels = {}
    for part in re.split(r"Compiling entry function '", log)[1:]:
        name = part.split("'")[0]

        def number(pattern, inside=part):
            found = re.search(r"(\d+) " + pattern, inside)
            return int(found.group(1)) if found else 0
        registers = number("registers")
        if not registers:
            continue  # not understood: the kernel is missed later
        kernels[name] = {"registers": registers, "waves": nvidia_waves(registers),
                         "spills": number("bytes spill stores"),
                         "scratch": number("bytes stack frame"), "local": number("bytes smem")}
    for part in re.split(r"^\s*(?:\.visible )?\.entry ", text, flags=re.M)[1:]:
        numbers = kernels.get(re.match(r"\w+", part).group(0))
        if numbers is not None:
            numbers["wide"] = len(re.findall(r"\bld\.global(?:\.nc)?\.v[24]", part)) + \
                len(re.findall(r"\bld\.global(?:\.nc)?\.[fubs]64", part))
            numbers["narrow"] = len(re.findall(r"\bld\.global(?:\.nc)?\.[fubs]32", part))
    return kernels


def nvidia_waves(registers):
    """An SM has 65536 registers, which warps take 256 at a time, and holds 64 warps."""
    taken = max(1, (registers * 32 + 255) // 256) * 256
    return min(64, 65536 // taken)


# --- all of them ---------------------------------------------------------------------------------

class Pair:
    """A program as `denseam programs` wrote it."""

    def __init__(self, folder, stem):
        self.stem = stem
        self.program = stem.split(".")[0]
        self.path = os.path.abspath(os.path.join(folder, stem + ".cl"))
        with open(self.path) as file:
            self.source = file.read()
        with open(os.path.join(folder, stem + ".options")) as file:
            self.options = file.read().split()
        self.wide = "-DREAL_IS_DOUBLE=1" in self.options


def read_pairs(folder):
    stems = sorted(name[:-3] for name in os.listdir(folder) if name.endswith(".cl"))
    return sorted((Pair(folder, stem) for stem in stems),
                  key=lambda pair: (pair.program, pair.wide, pair.options))


def some_of_each_kind(pairs, wide_alike=False):
    """Those that have a value of an option that none before of the same program had; in double
    precision one of each program, unless that is to be alike."""
    seen, chosen = set(), []
    for pair in pairs:
        options = [SIZES.sub(r"\1=", option) for option in pair.options]
        options = options if wide_alike or not pair.wide else [""]
        values = {(pair.program, pair.wide, option) for option in options}
        if not values <= seen:
            chosen.append(pair)
            seen |= values
    return chosen


def key_of(compilers, pair, target):
    """A digest of all that decides what compilers make of a program."""
    return hashlib.sha256("\0".join(
        [compilers.version, target, " ".join(pair.options), pair.source]).encode()).hexdigest()


def compile_one(compilers, pair, target):
    """What is wrong, and the numbers of each kernel, which are kept where nothing is wrong."""
    path = os.path.join(compilers.results, key_of(compilers, pair, target))
    try:
        with open(path + ".json") as file:
            kernels = json.load(file)
        os.utime(path + ".json")
        return [], kernels
    except (OSError, ValueError):
        pass
    how = amd if target in AMD else intel if target in INTEL else nvidia
    with tempfile.TemporaryDirectory() as work:
        errors, kernels = how(compilers, target, pair.path, pair.options, work)
    if errors or not kernels:
        return errors or ["no kernel was found in what the compiler says"], kernels
    new = "%s.%d.json" % (path, os.getpid())
    with open(new, "w") as file:
        json.dump(kernels, file)
    os.replace(new, path + ".json")
    return errors, kernels


def plan(pairs, targets, everything):
    """Which pairs are compiled for which cards, and whether their numbers are budgeted."""
    chosen = {pair.stem for pair in some_of_each_kind(pairs)}
    for pair in pairs:
        for target in targets:
            first = target in (AMD[0], INTEL[0], NVIDIA[0])
            if pair.wide and target in WITHOUT_FP64:
                continue
            usual = pair.stem in chosen and (first or not pair.wide)
            if usual or everything:
                yield pair, target, usual and not pair.wide


def launched_kernels(folder):
    launched = {}
    with open(os.path.join(folder, "launches.csv")) as file:
        for row in csv.DictReader(file):
            launched.setdefault(row["program"], set()).add(row["kernel"])
    return launched


def worst(a, b):
    return {key: (min if better else max)(a[key], b[key]) for key, better in NUMBERS.items()}


def compile_all(compilers, launched, work, found):
    """Adds to *found* the worst numbers of each kernel and card; how often something is wrong."""
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        jobs = [(pair, target, budgeted, threads.submit(compile_one, compilers, pair, target))
                for pair, target, budgeted in work]
        for pair, target, budgeted, job in jobs:
            errors, kernels = job.result()
            errors = errors or ["the kernel " + name + " is launched, but not there" for name in
                                sorted(launched.get(pair.stem, set()) - set(kernels))]
            if errors:
                failed += 1
                print("%s for %s, %s:" % (pair.program, target, " ".join(pair.options)))
                print("".join("    " + line + "\n" for line in errors[:6]), end="")
            for name, numbers in kernels.items() if budgeted else ():
                key = name, target
                found[key] = worst(found[key], numbers) if key in found else numbers
    return failed


# --- budgets -------------------------------------------------------------------------------------

def read_budgets(path):
    """The budgets, each vendor's compilers they are of, and each program's digest."""
    budgets, of, settled = {}, {}, {}
    if os.path.exists(path):
        with open(path) as file:
            for line in file:
                words = line.split()
                if OF.match(line):
                    of.update([OF.match(line).groups()])
                elif AS.match(line):
                    settled.update([AS.match(line).groups()])
                elif words and words[0] not in ("#", "kernel"):
                    budgets[words[0], words[1]] = dict(zip(NUMBERS, map(int, words[2:])))
    return budgets, of, settled


def budgets_in(pairs, budgets):
    """The budgets of the kernels that these programs have."""
    words = {word for pair in pairs for word in re.findall(r"\w+", pair.source)}
    return {key: numbers for key, numbers in budgets.items() if key[0] in words}


def digests(compilers, work, launched, budgets):
    """Of each program, what its compilations and their budgets are."""
    found = {}
    for program in sorted({pair.program for pair, _, _ in work}):
        mine = [(pair, target) for pair, target, _ in work if pair.program == program]
        rows = budgets_in([pair for pair, _ in mine], budgets)
        text = [key_of(compilers, pair, target) + " ".join(sorted(launched.get(pair.stem, set())))
                for pair, target in mine]
        text += ["%s %s" % (key, [rows[key][name] for name in NUMBERS]) for key in sorted(rows)]
        found[program] = hashlib.sha256("\n".join(text).encode()).hexdigest()
    return found


def write_budgets(path, found, compilers, work, launched):
    rows = [("kernel", "card") + tuple(NUMBERS)]
    order = AMD + INTEL + NVIDIA
    for name, target in sorted(found, key=lambda key: (key[0], order.index(key[1]))):
        rows.append((name, target) + tuple(str(found[name, target][key]) for key in NUMBERS))
    with open(path + ".new", "w") as file:
        file.write(BUDGETS_HEAD)
        for vendor in VENDORS:
            file.write("# of %-8s%s\n" % (vendor + ":", compilers.of(vendor)))
        file.write(SETTLED_HEAD)
        for program, digest in digests(compilers, work, launched, found).items():
            file.write("# as %-16s%s\n" % (program + ":", digest))
        for row in rows:
            file.write(("%-26s %-8s" + " %9s" * len(NUMBERS) + "\n") % row)
    os.replace(path + ".new", path)


def compare(budgets, found, targets, launched):
    """The cards of kernels that need more than is allowed or are missed; tells what differs."""
    worse, better = [], 0
    for key in sorted(found):
        told = "%s on %s: " % key
        if key not in budgets:
            worse.append(key[1])
            print(told + "has no budget")
            continue
        was, now = budgets[key], found[key]
        changed = [name for name in NUMBERS if now[name] != was[name]]
        bad = ["%d %s, where %d are allowed" % (now[name], name, was[name]) for name in changed
               if NUMBERS[name] is not None and (now[name] > was[name]) != NUMBERS[name]]
        better += bool(changed) and not bad
        if bad:
            worse.append(key[1])
            print(told + "; ".join(bad))
    for key in budgets:
        if key not in found and key[1] in targets:
            print("%s on %s: has a budget, but is not there" % key)
            better += key[0] not in launched
            worse += [key[1]] if key[0] in launched else []
    if better:
        print("%d kernels need less than their budgets, or have other loads: let ci/cl-gpu "
              "--update write it down" % better)
    return worse


def other_compilers(compilers, of, targets):
    """The cards whose budgets are of other compilers than these."""
    others = []
    for vendor, (cards, _) in VENDORS.items():
        here = compilers.of(vendor)
        if cards[0] in targets and here != of.get(vendor):
            others += cards
            print("budgets of %s are of %s;\n    here is %s" % (
                vendor, of.get(vendor, "unknown compilers"), here))
    return others


def unchecked(has_ptxas, soft):
    """What a run that found nothing wrong could not check."""
    left = []
    if soft:
        left.append("%d kernels differ from budgets that are of other compilers: let ci/cl-gpu "
                    "--update write it down before anything else changes" % soft)
    if not has_ptxas:
        left.append("NVIDIA's half was not checked: there is no ptxas (Debian's section non-free)")
    return left


def main():
    folder, programs, path = sys.argv[1:4]
    everything, update = "--all" in sys.argv, "--update" in sys.argv
    again = everything or update or "--again" in sys.argv
    compilers = Compilers(folder)
    has_ptxas = os.path.exists(compilers.ptxas)
    targets = AMD + INTEL + (NVIDIA if has_ptxas else [])
    compilers.make_isa()
    work = list(plan(read_pairs(programs), targets, everything))
    launched = launched_kernels(programs)
    budgets, of, settled = read_budgets(path)
    here = digests(compilers, work, launched, budgets)
    same = {name for name in here if not again and here[name] == settled.get(name)}
    found = budgets_in([pair for pair, _, _ in work if pair.program in same], budgets)
    new = [job for job in work if job[0].program not in same]
    failed = compile_all(compilers, launched, new, found)
    if update:
        if failed or not has_ptxas:
            print("ci/cl-gpu: %s is not written: %s" % (
                path, "%d compilations failed" % failed if failed else "there is no ptxas"))
            sys.exit(2)
        write_budgets(path, found, compilers, work, launched)
        print("ci/cl-gpu: %s is written; look at what changed" % path)
        budgets, of, _ = read_budgets(path)
    worse = compare(budgets, found, targets, set().union(*launched.values()))
    others = other_compilers(compilers, of, targets)
    print("ci/cl-gpu: %d compilations for %d cards, %d failed; %d kernels over budget or missed"
          % (len(new), len(targets), failed, len(worse)))
    if same:
        print("ci/cl-gpu: %d of %d programs are as they were when the budgets were written"
              % (len(same), len(here)))
    soft = sum(card in others for card in worse)
    left = unchecked(has_ptxas, soft)
    for line in left:
        print("ci/cl-gpu: " + line)
    sys.exit(1 if failed or len(worse) > soft else 3 if left else 0)


if __name__ == "__main__":
    main()
