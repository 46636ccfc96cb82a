# Who multiplies matrices: all that --gemm offers train alike, and a build says what it has. $DENSEAM is the tool,
# which may have been built without CLBlast (ci/without-clblast).
load helpers

setup() {
    common_setup
    cat > store.conf << 'END_OF_PRESET'
title = "stored"
data { name = "patterns"  samples = 10  dim = 60 }
model { kind = "energy"  memories = 60  exponent = 5 }
train { batch = 4  epochs = 3 }
END_OF_PRESET
    cat > denoise.conf << 'END_OF_PRESET'
title = "vectors"
data { name = "gaussian"  dim = 24  samples = 110 }
model { kind = "denoise"  memories = 48 }
train { batch = 12  epochs = 8  eta0 = 0.125 }
END_OF_PRESET
}

has_clblast() {
    "$DENSEAM" version --json | jq -e '.clblast != null' > /dev/null
}

@test "our own kernels train each kind of model to the same loss, for CPUs and in tiles" {
    for preset in small store denoise; do
        losses=()
        for gemm in panel tiled; do
            tool train $preset.conf --quiet --json --gemm $gemm --out "$preset-$gemm"
            succeeded
            losses+=("$(jq .loss <<<"$output")")
            tool show "$preset-$gemm" --json
            jq -e --arg gemm $gemm '.gemm == $gemm' <<<"$output"
        done
        jq -en --argjson a "${losses[0]}" --argjson b "${losses[1]}" '($a - $b | fabs) < 1e-3 * ($a | fabs)'
    done
}

@test "a build says who multiplies in it" {
    tool version --json
    succeeded
    offered=$(jq -r '.products | join(", ")' <<<"$output")
    tool train small.conf --gemm cublas
    failed_with 2 "--gemm wants auto, ${offered%, *} or ${offered##*, }, not 'cublas'"
    if has_clblast; then
        [ "$offered" = "panel, tiled, clblast" ]
    else
        [ "$offered" = "panel, tiled" ]
        tool train small.conf --gemm clblast
        failed_with 2 "--gemm wants auto, panel or tiled, not 'clblast'"
    fi
}

@test "for GPUs CLBlast multiplies where the build has it, else tiles do" {
    wanted=tiled
    ! has_clblast || wanted=clblast
    tool train denoise.conf --quiet --kernels gpu --out run
    succeeded
    tool show run --json
    jq -e --arg wanted $wanted '.gemm == $wanted' <<<"$output"
    if [ $wanted = tiled ]; then
        tool tune small.conf --budget 5 --json
        succeeded
        jq -e '.products | length > 0 and all(has("tiled"))' <<<"$output"
    fi
}
