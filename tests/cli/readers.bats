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

@test "pictures in folders, and sparse samples, scaled: trained, scored, predicted, recalled" {
    needs_numpy
    # Three classes of small pictures in colour; the same as an array of Keras' shape; LIBSVM without its zeros.
    "$python" -c '
import os, struct, zlib
import numpy as np
def png(path, a):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    head = struct.pack(">IIBBBBB", a.shape[1], a.shape[0], 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in a)
    open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
r = np.random.default_rng(0)
for split, count in ("train", 8), ("test", 4):
    x = r.integers(30, 90, (3 * count, 6, 5, 3)).astype("u1")
    y = np.repeat(np.arange(3), count)
    x[np.arange(len(y)), 2 * y, :, y] += 150
    for i, label in enumerate(y):
        png("%s/%s/%d.png" % (split, ("ant", "bee", "cat")[label], i % count), x[i])
    np.savez(split, x=x, y=y)
    flat = x.reshape(len(x), -1)[:, 3:7] * (r.random((len(x), 4)) < .7) * np.array([1, 2e6, 1e-6, 1])
    flat[np.arange(len(y)), y] += np.array([600, 1.2e9, 6e-4])[y]
    flat[:, 3] *= split == "train"
    with open(split + ".svm", "w") as f:
        for row, label in zip(flat, y):
            f.write("%d %s\n" % (2 * label - 2, " ".join("%d:%r" % (j + 1, float(v)) for j, v in enumerate(row) if v != 0)))'
    printf x > train/notes.txt
    cat > p.conf << 'END'
data { images = "train" test_images = "test" }
model { memories = 6 varsigma = 1 initial = "data" }
train { batch = 12 epochs = 20 patience = 0 }
END
    tool train p.conf --out run
    succeeded
    [[ "$stderr" == *"warning: 1 file or folder of 'train' is left out"*"(the first is 'train/notes.txt')"* ]]
    tool train p.conf --quiet --out array --set data.images=train.npz:x --set data.labels=train.npz:y
    succeeded
    same_training run array
    tool eval run --json --quiet
    [ "$(jq -c '[.class_names, .accuracy > 0.9]' <<<"$output")" = '[["ant","bee","cat"],true]' ]
    tool predict run test/bee/3.png -o said.csv --quiet
    succeeded
    [[ "$(sed -n 2p said.csv)" == 1,bee,* ]]
    "$python" -c 'import sys; sys.exit(open("run/memories.png", "rb").read(8) != b"\x89PNG\r\n\x1a\n")'
    tool recall test/ant --flip 2 --quiet --json --out rr --set data.threshold=mean
    succeeded
    [ "$(jq .probes <<<"$output")" = 4 ]
    # -2, 0 and 2 are names; the test samples lack the last feature; the run scales them by its own numbers.
    tool train p.conf --quiet --out sparse --set data.images=train.svm --set data.scaling=standard --set data.test_images=test.svm
    succeeded
    mv train.svm elsewhere
    tool eval sparse --json --quiet
    succeeded
    [ "$(jq -c '[.class_names, .samples, .accuracy > 0.9]' <<<"$output")" = '[["-2","0","2"],12,true]' ]
    tool eval sparse --quiet --set data.test_images=test.npz:x
    failed_with 3 "'test.npz:x' has 90 features a sample, but the training had 4"
    tool eval run --quiet --set data.scaling=minmax
    failed_with 3 "was trained without data.scaling or data.missing"
}
