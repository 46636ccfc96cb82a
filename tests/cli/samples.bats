# Samples that people have: pictures without a black background, offsets, sorted files, labels with
# gaps, patterns beside their negatives. Each is learned, or what is wrong with it is said.
load helpers

setup() {
    common_setup
}

# samples TYPE OFFSET [SCALE]: x.npy of that type and xt.npy, 300 and 90 pictures of 6 x 6 of the
# three classes 0 1 2 0 1 2 ..., with noise: bytes from 20 to 220, times the scale, plus the offset.
# y.npy and yt.npy have their labels. $KEY sorts, by a number made of a label.
samples() {
    TYPE="$1" OFFSET="$2" SCALE="${3:-1}" perl - << 'END'
use strict;
my ($type, $offset, $scale) = ($ENV{TYPE}, $ENV{OFFSET}, $ENV{SCALE});
my %pack = ("|u1" => "C", "<i4" => "l<", "<i8" => "q<", "<f4" => "f<", "<f8" => "d<");
my ($state, $image) = (1, "");
sub noise { $state = ($state * 1103515245 + 12345) % 2147483648; return $state / 2147483648; }
sub npy {
    my ($name, $descr, $shape, $data) = @_;
    my $head = "{'descr': '$descr', 'fortran_order': False, 'shape': ($shape), }";
    $head .= " " x (63 - (10 + length $head) % 64) . "\n";
    open my $file, ">:raw", $name or die;
    print $file "\x93NUMPY\x01\x00", pack("v", length $head), $head, $data;
}
for my $set (["x", "y", 300], ["xt", "yt", 90]) {
    my ($x, $y, $count) = @$set;
    my @labels = map { $_ % 3 } 0 .. $count - 1;
    @labels = sort { $a <=> $b } @labels if $ENV{SORTED};
    my ($pixels, $classes) = ("", "");
    for my $label (@labels) {
        for my $i (0 .. 35) {
            my $on = $label == 0 ? $i % 6 < 3 : $label == 1 ? $i < 18 : ($i % 6 + int($i / 6)) % 6 < 3;
            $on = !$on if noise() < 0.1;
            my $value = int(20 + 100 * noise()) + ($on ? 100 : 0);
            $pixels .= pack($pack{$type}, $value * $scale + $offset);
        }
        $classes .= pack("l<", $label * ($ENV{STEP} || 1) + ($ENV{FIRST} || 0));
    }
    npy("$x.npy", $type, "$count, 6, 6", $pixels);
    npy("$y.npy", "<i4", "$count,", $classes);
}
END
    cat > own.conf << 'END'
data { images = "x.npy" labels = "y.npy" test_images = "xt.npy" test_labels = "yt.npy" }
model { memories = 12 varsigma = 1 }
train { batch = 30 epochs = 60 patience = 0 learning_rate = 0.3 momentum = 0.9 }
END
    cat > states.conf << 'END'
data { images = "x.npy" labels = "y.npy" test_images = "xt.npy" test_labels = "yt.npy" }
model { kind = "energy" task = "classify" memories = 24 exponent = 3 }
train { batch = 30 epochs = 40 }
END
}

# Trains into a new folder; its stderr stays in $said.
learned() {
    rm -rf run
    tool train "$1" --quiet --json --out run "${@:2}"
    succeeded
    said="$stderr"
    trained="$output"
    tool eval run --quiet --json
    succeeded
}

accuracy_above() {
    jq -e --argjson least "$1" '.accuracy > $least' <<<"$output" > /dev/null || { echo "$output"; return 1; }
}

@test "grey pictures are told apart by the mean of each" {
    samples '|u1' 1
    learned states.conf
    accuracy_above 0.8
    grep -q 'threshold.*"mean"' run/preset.conf
    for threshold in median 120; do
        learned states.conf --set data.threshold=$threshold
        accuracy_above 0.8
        grep -q "threshold.*\"$threshold\"" run/preset.conf
    done
    # What was chosen is said, to whom it may concern.
    tool train states.conf --out said --set train.epochs=1
    succeeded
    [[ "$stderr" == *"the mean of its sample became +1"* && "$stderr" == *"data.threshold"* ]]
}

@test "pictures that become one state are refused, with the key" {
    samples '|u1' 1
    tool train states.conf --quiet --out run --set data.threshold=none
    failed_with 3 "all 300 samples of 'x.npy' are the same as states" 'data.threshold to "mean"'
    [ ! -e run ]
}

@test "other types of grey pictures are cut alike" {
    for kind in '<i4 0' '<f4 0' '<i8 -70000' '<f8 0' '<f8 10000000'; do
        # shellcheck disable=SC2086
        samples $kind
        learned states.conf --set data.threshold=mean
        accuracy_above 0.8
    done
    samples '<f4' 0
    learned states.conf
    accuracy_above 0.8
    grep -q 'threshold.*"mean"' run/preset.conf
}

@test "numbers beyond states are told where they stay" {
    samples '<f4' -120
    tool train states.conf --quiet --out run --set train.epochs=1
    [[ "$stderr" == *"go from -100 to 99, and states from -1 to 1: set data.threshold"* ]]
}

@test "recall of patterns that are the same is no success" {
    samples '|u1' 1
    tool recall xt.npy --flip 3 --count 6 --quiet --json --set data.threshold=none
    succeeded
    jq -e '.recovered == 0 and .identical == 6' <<<"$output"
    one_message_of 'the same as another one, 1 are different' '"mean"'
    tool recall xt.npy --count 6 --set recall.patterns=6 --quiet --json --set model.exponent=9
    succeeded
    jq -e '.recovered == 1 and .identical == 0' <<<"$output"
    # One pair of twins among others.
    bytes 0 9 0 9 0 9  9 9 9 0 0 0  0 1 0 7 0 2  9 0 0 0 0 9 | npy p.npy '|u1' "(4, 6)"
    tool recall p.npy --quiet --json --set model.exponent=9
    succeeded
    jq -e '.recovered == 0.5 and .identical == 2' <<<"$output"
    tool recall p.npy --quiet
    [[ "$output" == *"not counted            2, whose pattern is another one's, too"* ]]
}

# stderr is one warning that holds each argument.
one_message_of() {
    [ "${#stderr_lines[@]}" -eq 1 ] || { echo "stderr: $stderr"; return 1; }
    for words in "$@"; do
        [[ "$stderr" == "warning: "*"$words"* ]] || { echo "no '$words' in: $stderr"; return 1; }
    done
}

# 3 states of 24 neurons, and their negatives.
opposed() {
    perl -e 'for (1, -1) { my $sign = $_; for my $p (1, 5, 11) {
        print pack("f<", $sign * (($_ * $p + int($_ / $p)) % 3 ? 1 : -1)) for 0 .. 23; } }' |
        npy p.npy '<f4' "(6, 24)"
}

@test "patterns beside their negatives: a note for odd exponents, and no false alarm" {
    opposed
    for exponent in 3 5 9; do
        for flips in 1 2 4; do
            tool recall p.npy --quiet --json --flip $flips --set model.exponent=$exponent
            succeeded
            jq -e '.energy_rose == 0' <<<"$output"
            one_message_of "6 of the 6 patterns have their negative" "set model.exponent to an even number"
        done
    done
    for interaction in model.exponent=4 model.interaction=rect model.interaction=exp; do
        tool recall p.npy --quiet --json --flip 1 --set $interaction
        succeeded
        [ -z "$stderr" ]
        jq -e '.recovered == 1 and .energy_rose == 0' <<<"$output"
    done
}

@test "offsets and scales take nothing from accuracy" {
    samples '|u1' 0
    learned own.conf
    accuracy_above 0.8
    right=$(jq .accuracy <<<"$output")
    for kind in '<f8 10000000' '<f8 -1000000000000' '<f8 10000000 0.003' '<i4 2000000000' '<i8 4000000000000000000' \
        '<f8 0 1e-300' '<f8 0 1e-44' '<f4 0 1e-30' '<f4 0 1e30' '<f4 0'; do
        # shellcheck disable=SC2086
        samples $kind
        learned own.conf
        jq -e --argjson right "$right" '.accuracy - $right | fabs < 0.05' <<<"$output" ||
            { echo "$kind: $output"; return 1; }
        [ -z "$said" ]
    done
}

@test "what float32 holds is the same bits as ever" {
    samples '|u1' 0
    learned own.conf
    cp -r run bytes
    samples '<i8' 0
    learned own.conf
    same_training bytes run
    samples '<f8' 0
    learned own.conf
    same_training bytes run
}

@test "labels with gaps, or from 1 on" {
    samples '|u1' 0
    learned own.conf
    accuracy_above 0.8
    right=$(jq .macro_f1 <<<"$output")
    jq -e '.macro_f1_classes == 3' <<<"$output"
    for labels in "5 0" "7 3" "1 1" "1 2"; do
        STEP=${labels% *} FIRST=${labels#* } samples '|u1' 0
        learned own.conf
        jq -e --argjson right "$right" '.macro_f1_classes == 3 and (.macro_f1 - $right | fabs < 0.05)' <<<"$output"
        # By the formula, from the confusion.
        jq -e '.confusion as $m | ($m | length) as $n | [range($n) as $c |
            {tp: $m[$c][$c], all: ([$m[][$c]] + $m[$c] | add)} | select(.all > 0) | 2 * .tp / .all] |
            add / length' <<<"$output" > f1
        jq -e --argjson f1 "$(cat f1)" '.macro_f1 - $f1 | fabs < 1e-9' <<<"$output"
        case "$labels" in
        "1 "*) [[ "$said" == *"the labels of 'x.npy' begin at ${labels#* }"* ]] ;;
        *) [[ "$said" == *"classes have no sample"* ]] ;;
        esac
        tool eval run --quiet
        [[ "$output" == *"classes in macro F1      3 of "* ]]
    done
}

@test "a sorted file: each class has its share of the validation samples" {
    SORTED=1 samples '|u1' 0
    learned own.conf
    accuracy_above 0.8
    jq -e '.validation_accuracy > 0.8' <<<"$trained"
    grep -q 'split.*"stratified"' run/preset.conf
    # Also where it is asked for; and the run goes on with the same samples.
    cp -r run auto
    learned own.conf --set data.split=stratified
    same_training auto run
    learned own.conf --set data.split=stratified --set train.epochs=30
    tool train run --resume --quiet --set train.epochs=60
    succeeded
    same_training auto run
    learned own.conf --set data.split=shuffled
    jq -e '.validation_accuracy > 0.8' <<<"$trained"
    learned own.conf --set data.split=end
    [[ "$said" == *"no validation sample"* && "$said" == *'data.split = "stratified"'* ]]
    jq -e '.validation_accuracy != null' <<<"$trained"
    # Nothing is moved where nothing is amiss.
    samples '|u1' 0
    learned own.conf
    grep -q 'split.*"end"' run/preset.conf
}

@test "a class that is only in the validation share" {
    SORTED=1 samples '|u1' 0
    learned own.conf --set data.split=end --set data.validation=0.4
    [[ "$said" == *"1 of the classes of 'x.npy' are among the validation samples only"* ]]
    learned own.conf --set data.samples=150
    [[ "$said" == *"data.samples = 150 leaves 1 of the 3 classes of 'x.npy' without a sample"* ]]
}

@test "blank samples are counted, or refused where all are" {
    samples '|u1' 0
    head -c 10800 /dev/zero | npy blank.npy '|u1' "(300, 6, 6)"
    tool train own.conf --quiet --out run --set data.images=blank.npy
    failed_with 3 "all samples of 'blank.npy' are blank" "data.images"
    [ ! -e run ]
    { head -c 720 /dev/zero; tail -c 10080 x.npy; } | npy some.npy '|u1' "(300, 6, 6)"
    learned own.conf --set data.images=some.npy
    [[ "$said" == *"20 of the 300 samples of 'some.npy' are blank"* ]]
}

@test "where nothing is learned one line says why" {
    samples '|u1' 0
    learned own.conf --set model.memories=1 --set train.epochs=20
    [ "$(grep -c "likely cause" <<<"$said")" -eq 1 ]
    [[ "$said" == *"1 memory cannot stand for 3 classes: raise model.memories"* ]]
    [[ "$stderr" == *"learned"*"raise model.memories"* ]]
    # Also where no validation samples tell.
    learned own.conf --set model.memories=2 --set data.validation=0 --set train.epochs=2
    [[ "$said" == *"there are 3 classes and 2 memories"*"raise model.memories"* ]]
    # Labels that have nothing to do with the samples.
    perl -e 'print pack("l<", int($_ * $_ / 7) % 5) for 0 .. 299' | npy any.npy '<i4' "(300,)"
    learned own.conf --set data.labels=any.npy --set data.test_images=x.npy --set data.test_labels=any.npy \
        --set model.memories=3 --set train.epochs=5
    [[ "$said" == *"was learned"* && "$said" == *"likely cause"* ]]
}

@test "test samples that are unlike those trained on" {
    run_file run
    tool eval run --quiet --json
    succeeded
    [[ "$stderr" != *"looks unlike"* ]]
    h5dump -d /range run/run.h5 | grep -q '0, 255, '
    tool eval run --quiet --json --set data.invert=yes
    succeeded
    [[ "$stderr" == *"'fashion-mnist' looks unlike the samples that were trained on"*"data.invert"* ]]
}

@test "images that are transposed, and inverted" {
    samples '|u1' 0
    learned own.conf
    cp -r run plain
    right=$(jq .accuracy <<<"$output")
    # Both ways are the same to a model that has no order of features, but for rounding.
    learned own.conf --set data.transpose=yes --set data.invert=yes
    jq -e --argjson right "$right" '.accuracy - $right | fabs < 0.1' <<<"$output"
    tool eval run --quiet --json --set data.invert=no
    jq -e '.accuracy < 0.5' <<<"$output"
}
