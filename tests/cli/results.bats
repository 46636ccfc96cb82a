# What denseam writes for other programs: predictions and exported parameters. results.py reads them.
load helpers

# Runs of each kind for all tests: vmf, energy, double, denoise and store; images of 12 pixels for the first three.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    own_data 96 12 4
    cat > energy.conf << 'END'
data { images = "images.npy" labels = "labels.npy" test_images = "images.npy" test_labels = "labels.npy" threshold = "100" }
model { kind = "energy" task = "classify" memories = 6 interaction = "rect" exponent = 3 temperature = 1 }
train { batch = 48 epochs = 3 patience = 0 }
END
    cat > denoise.conf << 'END'
data { name = "gaussian" samples = 64 dim = 16 }
model { kind = "denoise" memories = 8 }
train { batch = 16 epochs = 1 }
END
    cat > store.conf << 'END'
data { name = "patterns" samples = 4 dim = 20 }
model { kind = "energy" task = "store" memories = 8 }
train { batch = 4 epochs = 3 }
END
    "$DENSEAM" train own.conf --quiet --out vmf
    "$DENSEAM" train own.conf --quiet --out double --set train.precision=double
    "$DENSEAM" train energy.conf --quiet --out energy
    "$DENSEAM" train denoise.conf --quiet --out denoise
    "$DENSEAM" train store.conf --quiet --out store
}

setup() {
    common_setup
    cp -r "$BATS_FILE_TMPDIR"/{vmf,double,energy,denoise,store,images.npy,labels.npy} .
}

@test "predictions are those that eval counts, the same in every format" {
    needs_numpy
    for run in vmf energy; do
        for format in csv npy npz h5; do
            tool predict "$run" -o "$run-said.$format" --quiet
            succeeded
        done
        read_back formats "$run-said"
        tool eval "$run" --json --quiet
        read_back scores "$run-said.npz" "$output"
    done
    nothing_left_over .
}

@test "what predictions say follows from the exported parameters" {
    needs_numpy
    for run in vmf energy; do
        tool predict "$run" images.npy -o said.npz --quiet
        succeeded
        tool export "$run" -o parameters.npz
        succeeded
        read_back "$run" parameters.npz images.npy said.npz
    done
    # In double, too.
    tool predict double -o said.npz --quiet
    succeeded
    tool export double -o parameters.npz
    read_back vmf parameters.npz images.npy said.npz
}

@test "a file of samples needs no labels, and gets what they are named after" {
    mv vmf run
    head -c $((128 + 12 * 10)) images.npy | tail -c 120 | npy new.npy '|u1' '(10, 12)'
    tool predict run new.npy -o new.csv --quiet
    succeeded
    [[ "$output" == *"data                     new.npy, 10 samples"* ]]
    [[ "$output" == *"written to               new.csv"* ]]
    [ "$(head -n 1 new.csv)" = class,probability_0,probability_1,probability_2,probability_3,probability_4,memory,similarity ]
    tool predict run -o all.csv --quiet
    [ "$(head -n 1 all.csv)" = "$(head -n 1 new.csv),label" ]
    # The first ten are the same wherever they stand.
    diff <(cut -d , -f 1-8 all.csv | head -n 11) new.csv
    tool predict run new.npy -o new.csv --json --quiet
    succeeded
    [ "$(jq -c '[.data, .samples, (.predicted | add) + .predicted_none, .out]' <<<"$output")" = '["new.npy",10,10,"new.csv"]' ]
    # Their true classes are counted where they are given.
    head -c 10 < <(tail -c 96 labels.npy) | npy true.npy '|u1' '(10,)'
    tool predict run new.npy -o new.csv --quiet --set data.test_labels=true.npy
    succeeded
    [ "$(cut -d , -f 9 new.csv | tr '\n' ' ')" = 'label 0 1 2 3 0 1 2 3 0 1 ' ]
    # A bad file is named by itself, not by the set of the run.
    npy wide.npy '|u1' '(2, 13)' < <(head -c 26 images.npy)
    tool predict run wide.npy -o new.csv --quiet
    failed_with 3 "'wide.npy' has 13 features a sample, but the run was trained on 12"
    tool predict run absent.npy -o new.csv --quiet
    failed_with 3 "cannot open 'absent.npy'"
}

@test "places and names that cannot be written" {
    mv vmf run
    echo mine > kept.csv
    for name in said.txt said csv .csv said.csv.gz; do
        tool predict run -o "$name"
        failed_with 2 "'$name' does not say its format; let its name end in one of .h5, .npz, .npy, .csv"
    done
    for name in x.npy x.pt; do
        tool export run -o "$name"
        failed_with 2 "'$name' does not say its format; let its name end in one of .h5, .npz, .safetensors, .csv"
    done
    tool predict run
    failed_with 2 'predict wants -o FILE'
    tool export run
    failed_with 2 'export wants -o FILE'
    tool predict run -o absent/said.npz --quiet
    failed_with 3 "cannot write 'absent/said.npz'"
    for name in absent/x.npz absent/x.safetensors absent/x.csv absent/x.h5; do
        tool export run -o "$name"
        failed_with 3 "cannot write '$name'"
    done
    tool export run -o pictures
    failed_with 2 "the samples of 'run/run.h5' are no images"
    tool export run -o double
    failed_with 2 "'double' is a run, whose preset would be lost"
    [ "$(cat kept.csv)" = mine ]
    tool predict run -o kept.CSV --quiet
    succeeded
    nothing_left_over .
}

@test "models without classes say what to do instead" {
    tool predict store -o said.csv
    failed_with 2 "'store/run.h5' stores patterns and has no classes to predict; 'denseam recall store'"
    tool predict denoise -o said.csv
    failed_with 2 "'denoise/run.h5' is a denoiser, which has no classes to predict; 'denseam recall denoise'"
}

@test "exports hold the run's parameters bit by bit" {
    needs_numpy
    for run in vmf energy denoise double; do
        for format in npz safetensors csv h5; do
            tool export "$run" -o "$run.$format"
            succeeded
        done
        read_back parameters "$run" "$run"
    done
    tool export vmf -o vmf.npz --json
    [ "$(jq -c '.parameters | [.memories, .class_weights, .beta]' <<<"$output")" = '[[5,12],[5,6],[1,1]]' ]
    # Equal content gives equal bytes.
    tool export vmf -o again.npz
    cmp vmf.npz again.npz
    nothing_left_over .
}

@test "memories as pictures" {
    needs_numpy
    run_file run
    tool export run -o pictures
    succeeded
    [ "$(ls pictures)" = "$(seq -f 'memory-%02g.png' 0 19; echo preset.conf)" ]
    cmp run/preset.conf pictures/preset.conf
    tool export run -o run.npz
    read_back pictures run.npz pictures 20
}

@test "a recall in every format" {
    needs_numpy
    for format in hdf5 npz npy; do
        tool recall store --flip 2 --out "$format" --format "$format" --quiet
        succeeded
    done
    read_back recalled hdf5 npz npy
}

@test "a confusion matrix as a picture, and a run as one page" {
    tool eval vmf --out pictures --json --quiet
    succeeded
    [ -s pictures/confusion.gp ]
    # Its cells are those of --json: predicted from left to right, true from top to bottom, in percent of the true class.
    diff <(jq -r '.confusion | to_entries[] | .key as $row | (.value | add) as $all | .value[:-1] | to_entries[] |
                  "\(.key) \(-$row) \((1e6 * .value / $all | round) / 1e4)"' <<<"$output" | sed 's/ -0 / 0 /') \
         <(awk '/^$/ { exit } !/^#/ { printf "%d %d %.10g\n", $1, $2, $7 }' pictures/confusion.dat)
    tool eval store --out pictures --quiet
    failed_with 2 "'store/run.h5' has no classes to compare"

    tool show vmf --html --quiet --json
    succeeded
    [ "$(jq -r .page <<<"$output")" = vmf/report.html ]
    grep -q '<h1>' vmf/report.html
    grep -q 'class="confusion' vmf/report.html
    # Without its data it says so, and shows the rest.
    rm images.npy
    tool show vmf --html --out elsewhere
    succeeded
    [[ "$stderr" == *"warning: the page has no test set: cannot open 'images.npy'"* ]]
    grep -q "not tested for this page: cannot open &#39;images.npy&#39;" elsewhere/report.html
    grep -q 'svg class="curves"' elsewhere/report.html
    # Denoisers have no classes: their loss stands there.
    tool show denoise --html --quiet
    succeeded
    grep -q 'id="test"' denoise/report.html
    nothing_left_over .
}
