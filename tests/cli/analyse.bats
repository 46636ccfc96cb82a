# `denseam analyse`: parts, files, refusals. The numbers are checked by tests/kernel/analyse.c.
load helpers

setup() {
    common_setup
}

@test "without a part, memories and misclassified samples are looked at" {
    run_file run
    before=$(sha256sum run/run.h5)
    tool analyse run
    succeeded
    [[ "$output" == *"20 memories, on 1800 training samples of fashion-mnist"* ]]
    [[ "$output" == *"splitting eigenvalue"* ]]
    [[ "$output" == *"memory:share"* ]]
    [ "$(awk '{ if (length($0) > 80) n++ } END { print n + 0 }' <<<"$output")" -eq 0 ]
    [ "$(wc -l < run/memories.csv)" -eq 21 ]
    [ "$(head -1 run/memories.csv)" = "memory,class,purity,mass,roughness,lambda,kappa" ]
    [[ "$(head -c 4 run/activations.png)" == *PNG ]]
    [ "$(sha256sum run/run.h5)" = "$before" ]
    nothing_left_over run
}

@test "JSON has every part, and the files are where --out says" {
    run_file run
    tool analyse run --memories --embedding --samples 3,17 --adversarial 200 --top 2 --limit 900 \
        --steps 0.01,0.02 --iterations 10 --out elsewhere/pictures --json --quiet
    succeeded
    jq -e '.memories.count == 20 and .memories.samples == 900 and .memories.noise <= 20' <<<"$output"
    jq -e '.memories | .lambda.least <= .lambda.median and .lambda.median <= .lambda.most' <<<"$output"
    jq -e '.embedding.loss | ((.doubled - .narrow) / .narrow | fabs) < 1e-6' <<<"$output"
    jq -e '.embedding.memory_gradient | (.doubled / .narrow - (0.5 | sqrt) | fabs) < 1e-4' \
        <<<"$output"
    jq -e '[.embedding.steps[].step] == [0.01, 0.02]' <<<"$output"
    jq -e '.embedding.steps[0] | (.measured / .predicted - 1 | fabs) < 0.1' <<<"$output"
    jq -e '[.activations[].sample] == [3, 17] and (.activations[0].memories | length) == 2' \
        <<<"$output"
    jq -e '.activations[0].memories[0] | (.weights | add - 1 | fabs) < 1e-5' <<<"$output"
    jq -e '.activations[0].memories | .[0].share >= .[1].share and .[0].share <= 1' <<<"$output"
    jq -e '.adversarial | .samples == 200 and .compared > 0 and .linear.accuracy > 0.6' <<<"$output"
    jq -e '.adversarial.memories | .quarter > 0 and .unchanged >= 0' <<<"$output"
    [ "$(jq -r '.files[]' <<<"$output" | tr '\n' ' ')" = "elsewhere/pictures/memories.csv \
elsewhere/pictures/activations.png elsewhere/pictures/adversarial.csv \
elsewhere/pictures/adversarial.png " ]
    for file in $(jq -r '.files[]' <<<"$output"); do [ -s "$file" ]; done
    [ "$(wc -l < elsewhere/pictures/adversarial.csv)" -eq 201 ]
    [ ! -e run/memories.csv ]
    tool analyse run --saddle 5 --limit 300 --iterations 3 --out solved --json --quiet
    succeeded
    # Expectation-maximisation lowers the loss, and the Jacobian is above 1 where memories would split.
    jq -e '.saddle | .iterations == 5 and (.converged | not) and .loss.fixed < .loss.run' <<<"$output"
    jq -e '.saddle | .memory_residual.fixed < .memory_residual.run and .median_overlap <= 1' <<<"$output"
    awk -F, 'NR > 1 { n++; if (($6 > 1) != ($4 < 0)) exit 1 } END { exit n != 20 }' solved/saddle.csv
    tool analyse run --embedding --saddle 2 --steps 0.01 --limit 300 --iterations 3 --precision single
    succeeded
    [[ "$output" == *"saddle-point equations, on 300 samples, single precision"*"Jacobian's largest"* ]]
    [[ "$output" == *"20 memories doubled, on 300 samples, single precision"* ]]
}

@test "what cannot be done is refused in one line" {
    run_file run
    tool analyse run --samples 3,10000 --quiet
    failed_with 2 "there is no sample 10000: 'fashion-mnist' has 10000, counted from 0"
    for list in "" "3," ",3" "a" "1.5" "-1" "3;4"; do
        tool analyse run "--samples=$list" --quiet
        failed_with 2 "--samples '$list' is no list of samples, counted from 0"
    done
    tool analyse run --samples 1 --misclassified 2
    failed_with 2 "--samples and --misclassified choose the same samples"
    tool analyse run --embedding --steps 0.1,0
    failed_with 2 "--steps '0.1,0' is no list"
    tool analyse run --misclassified 0
    failed_with 2 "--misclassified"
    tool analyse nowhere
    failed_with 3 "nowhere"
    tool analyse
    failed_with 2 "analyse wants RUN"
}

@test "data that does not fit the run is refused" {
    run_file run
    own_data 60 12 3
    own=(--set data.name= --set data.images=images.npy --set data.labels=labels.npy --set data.samples=0)
    tool analyse run --memories --quiet "${own[@]}"
    failed_with 3 "'images.npy' has 12 features a sample, but the run was trained on 784"
    tool train own.conf --out own --quiet
    succeeded
    tool analyse own --memories --quiet --set data.labels=
    failed_with 3 "'images.npy' has no labels to analyse the run with; set data.labels"
    tool analyse own --adversarial 5 --quiet --set data.test_labels=
    failed_with 3 "'images.npy' has no labels to analyse the run with; set data.test_labels"
    # Found out before the work that another part takes.
    tool analyse own --memories --misclassified 5 --out early --quiet --set data.test_labels=
    failed_with 3 "'images.npy' has no labels to analyse the run with; set data.test_labels"
    [ ! -e early/memories.csv ]
    # Without a part, what cannot be known is not asked for.
    tool analyse own --json --quiet --set data.test_labels=
    succeeded
    jq -e '.memories.count > 0 and .activations == null' <<<"$output"
    tool analyse own --quiet --out /proc
    failed_with 3 "cannot write into '/proc'" "choose another folder (--out)"
    # Samples can be looked at without labels, and need not be images.
    tool analyse own --samples 0 --json --quiet --set data.test_labels=
    succeeded
    jq -e '.activations[0].class == null' <<<"$output"
    tool analyse own --memories --json --quiet
    succeeded
    jq -e '.memories.noise == null and .memories.roughness.median == null' <<<"$output"
}

@test "a run of one memory" {
    own_data 60 12 3
    tool train own.conf --out one --quiet --set model.memories=1
    succeeded
    tool analyse one --memories --embedding --misclassified 3 --adversarial 60 --json --quiet
    succeeded
    jq -e '.memories.count == 1 and (.activations[0].memories | length) == 1' <<<"$output"
    jq -e '.embedding.loss | ((.doubled - .narrow) / .narrow | fabs) < 1e-6' <<<"$output"
}

@test "a run without labels" {
    own_data 60 12 3
    tool train own.conf --out free --quiet --set model.loss=unsupervised --set model.classes=3 \
        --set model.class_counts=3,4,5
    succeeded
    tool analyse free --misclassified 3
    failed_with 2 "'free' has learnt without labels: --misclassified, --adversarial and --saddle need a run"
    tool analyse free --memories --embedding --samples 1,2 --json --quiet
    succeeded
    jq -e '.memories.count == 5 and (.activations | length) == 2' <<<"$output"
    jq -e '.embedding.loss | ((.doubled - .narrow) / .narrow | fabs) < 1e-6' <<<"$output"
    mv free $'bad\xff\xfeutf'
    tool eval $'bad\xff\xfeutf' --json --quiet
    succeeded
    jq -e '.run | startswith("bad")' <<<"$output"
}

@test "an analysis repeated is the same to the last digit" {
    run_file run
    tool analyse run --memories --out a --quiet
    succeeded
    tool analyse run --memories --out b --quiet
    succeeded
    cmp a/memories.csv b/memories.csv
}
