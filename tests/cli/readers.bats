# Data as people have them: archives of numpy, tables with names, and files that are none of them.
load helpers

setup() {
    common_setup
}

# flowers FILE COUNT [SHIFT]: a table of three kinds that are easy to tell apart, with a head.
flowers() {
    awk -v count="$2" -v shift="${3:-0}" 'BEGIN {
        split("setosa,iris \"b\",versicolor", kinds, ",")
        print "length,width,depth,height,\"kind, by eye\""
        for (i = 0; i < count; i++) {
            k = (i * 2 + shift) % 3 + 1
            line = ""
            for (j = 1; j <= 4; j++)
                line = line sprintf("%.3f,", (j == k ? 5 : 1) + ((i * 37 + j * 11) % 19) / 20)
            gsub(/"/, "\"\"", kinds[k])
            print line (kinds[k] ~ /"/ ? "\"" kinds[k] "\"" : kinds[k])
            gsub(/""/, "\"", kinds[k])
        }
    }' > "$1"
}

flower_preset() {
    cat > flowers.conf << 'END'
data { images = "train.csv" labels = "train.csv:kind, by eye" }
model { memories = 6 varsigma = 1 initial = "data" }
train { batch = 20 epochs = 40 patience = 0 }
END
    flowers train.csv 240
    flowers test.csv 90 1
}

@test "a table with names is trained, scored and predicted" {
    flower_preset
    tool train flowers.conf --quiet --out run
    succeeded
    tool eval run --set data.test_images=test.csv --json --quiet
    succeeded
    [ "$(jq -c .class_names <<<"$output")" = '["iris \"b\"","setosa","versicolor"]' ]
    [ "$(jq '.accuracy > 0.9' <<<"$output")" = true ]
    tool eval run --set data.test_images=test.csv --quiet
    [[ "$output" == *$'\nsetosa       1 '* ]]
    tool show run --quiet
    [[ "$output" == *'iris "b":'*' setosa:'*' versicolor:'* ]]
    tool predict run test.csv -o said.csv --quiet
    succeeded
    [[ "$output" == *$'\nversicolor '* ]]
    [ "$(head -n 1 said.csv)" = class,class_name,probability_0,probability_1,probability_2,probability_3,memory,similarity,label ]
    [ "$(sed -n 2p said.csv | cut -d , -f 1,2)" = '0,"iris ""b"""' ]
    # The column of the classes may be absent, then nothing is known of them.
    cut -d , -f 1-4 < <(sed 's/,"kind, by eye"//' test.csv) > bare.csv
    tool predict run bare.csv -o bare-said.csv --quiet
    succeeded
    diff <(cut -d , -f 1-8 said.csv) bare-said.csv
    # Names and their order are the run's own, wherever the training's file is.
    mkdir elsewhere
    mv train.csv elsewhere
    grep -v setosa test.csv > two.csv
    tool predict run two.csv -o two-said.csv --quiet
    succeeded
    diff <(grep -v setosa said.csv) two-said.csv
    tool eval run --set data.test_images=two.csv --json --quiet
    succeeded
    [ "$(jq '[.confusion[] | add]' -c <<<"$output")" = '[30,0,30]' ]
}

@test "columns in another order, other classes, wrong columns" {
    flower_preset
    tool train flowers.conf --quiet --out run
    awk -F , '{ print $2 "," $1 "," $3 "," $4 }' test.csv > turned.csv
    tool predict run turned.csv -o said.csv --quiet
    failed_with 3 "feature 0 of 'turned.csv' is 'width', where the training had 'length'"
    sed 's/setosa/orchid/' test.csv > other.csv
    tool eval run --set data.test_images=other.csv --quiet
    failed_with 3 "'other.csv' has the class 'orchid', which the training has not (iris \"b\", setosa, versicolor)"
    tool train flowers.conf --quiet --out new --set data.labels=train.csv:kind
    failed_with 3 "'train.csv' has no column 'kind', but length, width, depth, height, kind, by eye"
    tool train flowers.conf --quiet --out new --set data.labels=
    failed_with 3 "line 2 of 'train.csv', column 5 ('kind, by eye')" 'if the column has the classes'
    [ ! -e new ] && [ ! -e said.csv ]
}

@test "arrays of an NPZ file are those of NPY files" {
    needs_numpy
    own_data 80 12 4
    "$python" -c '
import numpy as np
x, y = np.load("images.npy"), np.load("labels.npy")
np.savez("set.npz", x_train=x, y_train=y, x_test=x[:50], y_test=y[:50])
np.savez_compressed("packed.npz", x_train=x, y_train=y)
np.save("names.npy", np.array(["d", "c", "b", "a"])[y])'
    tool train own.conf --quiet --out plain
    for file in set packed; do
        tool train own.conf --quiet --out "$file" --set "data.images=$file.npz:x_train" --set "data.labels=$file.npz:y_train"
        succeeded
        same_training plain "$file"
    done
    tool eval plain --json --quiet --set data.test_images=set.npz:x_test --set data.test_labels=set.npz:y_test
    succeeded
    [ "$(jq .samples <<<"$output")" = 50 ]
    tool predict plain set.npz:x_test -o said.csv --quiet
    succeeded
    [ "$(wc -l < said.csv)" = 51 ]
    tool predict plain set.npz -o said.csv --quiet
    failed_with 3 "'set.npz' holds 4 arrays (x_train, y_train, x_test, y_test); name one as 'set.npz:NAME'"
    tool recall set.npz:x_test --set data.threshold=100 --flip 2 --quiet
    succeeded
    # Words as labels; a test set numbers them as the training did.
    tool train own.conf --quiet --out named --set data.labels=names.npy --set data.test_labels=names.npy
    succeeded
    tool eval named --json --quiet
    [ "$(jq -c .class_names <<<"$output")" = '["a","b","c","d"]' ]
}

@test "what a file is gets named" {
    own_data 40 12 4
    tool train own.conf --quiet --out run
    printf 'GIF89a\1\0' > picture.npy
    printf '<!DOCTYPE html>\n<html>' > page.csv
    printf 'version https://git-lfs.github.com/spec/v1\n' > pointer.npy
    printf '\x80\x04\x95abc' > labels.pkl
    printf 'PK\x05\x06%018d' 0 | tr 0 '\000' > empty.npz
    for case in 'picture.npy:a GIF picture' 'pointer.npy:a pointer of Git LFS' 'labels.pkl:a pickle of Python'; do
        tool predict run "${case%%:*}" -o said.csv --quiet
        failed_with 3 "'${case%%:*}' is no IDX, NPY, NPZ, HDF5, CSV, LIBSVM, PNG or JPEG file: it is ${case#*:}"
    done
    tool predict run page.csv -o said.csv --quiet
    failed_with 3 "'page.csv'" 'a web page'
    tool predict run empty.npz -o said.csv --quiet
    failed_with 3 "'empty.npz' is a ZIP file without an array of numpy's"
}
