#include "data/places.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

static const char debian_folder[] = "/usr/share/datasets";

void dam__places_free(dam__places *places)
{
    free(places->images);
    free(places->labels);
    *places = (dam__places){0};
}

/* The name of a file without its folders. */
static const char *base_of(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash != NULL ? slash + 1 : file;
}

bool dam__places_on_side(const char *file)
{
    return strncmp(base_of(file), "emnist-", strlen("emnist-")) == 0;
}

bool dam__places_has_more(const char *file)
{
    return strncmp(base_of(file), "qmnist-", strlen("qmnist-")) == 0;
}

/* --- named sets ------------------------------------------------------------------------------- */

/* Names of the files of a set; '*' stands for the set's own name. */
typedef struct pattern {
    const char *set;                   /* the beginning of its name; "" for all */
    const char *images[2], *labels[2]; /* of DAM__SPLIT_TRAIN and DAM__SPLIT_TEST */
} pattern;

static const pattern patterns[] = {
    {"emnist-",
     {"*-train-images-idx3-ubyte", "*-test-images-idx3-ubyte"},
     {"*-train-labels-idx1-ubyte", "*-test-labels-idx1-ubyte"}},
    {"qmnist",
     {"qmnist-train-images-idx3-ubyte", "qmnist-test-images-idx3-ubyte"},
     {"qmnist-train-labels-idx2-int", "qmnist-test-labels-idx2-int"}},
    {"kmnist",
     {"kmnist-train-imgs.npz", "kmnist-test-imgs.npz"},
     {"kmnist-train-labels.npz", "kmnist-test-labels.npz"}},
    {"k49",
     {"k49-train-imgs.npz", "k49-test-imgs.npz"},
     {"k49-train-labels.npz", "k49-test-labels.npz"}},
    {"",
     {"train-images-idx3-ubyte", "t10k-images-idx3-ubyte"},
     {"train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"}},
};

/* *found = folder/name, or that with .gz or .zst, whichever exists; NULL where none does. */
static dam_status find_file(const char *folder, const char *file, const char *set, char **found)
{
    static const char *const endings[] = {"", ".gz", ".zst"};
    dam_status status = DAM_OK;
    char *path = NULL;
    const char *rest = file[0] == '*' ? file + 1 : file;
    *found = NULL;
    for (size_t i = 0; i < sizeof endings / sizeof *endings && *found == NULL; i++) {
        DAM_TRY_CLEANUP(
            dam__format(&path, "%s/%s%s%s", folder, file[0] == '*' ? set : "", rest, endings[i]));
        if (dam__file_exists(path)) {
            *found = path;
            path = NULL;
        }
        free(path);
        path = NULL;
    }
cleanup:
    free(path);
    return status;
}

/*
 * Looks in one folder, and adds it to the list of those searched. Loose in a folder, files that
 * many sets call alike pass for MNIST's only.
 */
static dam_status search_folder(const char *folder, bool own, const char *set, dam__split split,
                                dam__places *out, dam__text *searched)
{
    const pattern *found = NULL;
    bool shared = own || strcmp(set, "mnist") == 0;
    dam__text_append(searched, "%s'%s'", searched->length > 0 ? ", " : "", folder);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns && out->images == NULL; i++) {
        found = &patterns[i];
        if (found->set[0] == '\0' ? shared : strncmp(set, found->set, strlen(found->set)) == 0)
            DAM_TRY(find_file(folder, found->images[split], set, &out->images));
    }
    if (found == NULL || out->images == NULL)
        return DAM_OK;
    DAM_TRY(find_file(folder, found->labels[split], set, &out->labels));
    const char *labels = found->labels[split];
    if (out->labels == NULL)
        return dam__fail(DAM_INPUT, "'%s' has no labels beside it: put '%s%s' (or .gz) into '%s'",
                         out->images, labels[0] == '*' ? set : "",
                         labels[0] == '*' ? labels + 1 : labels, folder);
    return DAM_OK;
}

/* Whether files of a set are looked for outside of a folder of its own. */
static bool may_be_loose(const char *name)
{
    for (size_t i = 0; patterns[i].set[0] != '\0'; i++)
        if (strncmp(name, patterns[i].set, strlen(patterns[i].set)) == 0)
            return true;
    return strcmp(name, "mnist") == 0;
}

/* Finds the files of a named set in the search folders (see dataset.h for their order). */
static dam_status find_named(const char *name, dam__split split, dam__places *out)
{
    dam_status status = DAM_OK;
    char *folder = NULL;
    dam__text searched = {0};
    const char *const own = getenv("DENSEAM_DATA");
    const char *const roots[] = {own, "data", debian_folder};
    if (strcmp(name, DAM__DATA_MEMORY) == 0)
        return dam__fail(DAM_INPUT,
                         "the samples were handed over by a program and are in no file; name files "
                         "by data.%simages and data.%slabels",
                         split == DAM__SPLIT_TRAIN ? "" : "test_",
                         split == DAM__SPLIT_TRAIN ? "" : "test_");
    for (size_t i = 0; i < sizeof roots / sizeof roots[0] && out->images == NULL; i++) {
        if (roots[i] == NULL || roots[i][0] == '\0')
            continue;
        DAM_TRY_CLEANUP(dam__path_join(&folder, roots[i], name));
        DAM_TRY_CLEANUP(search_folder(folder, true, name, split, out, &searched));
        free(folder);
        folder = NULL;
        if (out->images == NULL && may_be_loose(name) && roots[i] != debian_folder)
            DAM_TRY_CLEANUP(search_folder(roots[i], false, name, split, out, &searched));
    }
    DAM_TRY_CLEANUP(dam__text_status(&searched));
    if (out->images == NULL)
        DAM_FAIL(DAM_INPUT,
                 "data set '%s' is in none of %s: ci/setup fetches MNIST, Debian's package "
                 "dataset-fashion-mnist has Fashion-MNIST; else set DENSEAM_DATA or data.images",
                 name, searched.data);
cleanup:
    free(folder);
    dam__text_free(&searched);
    return status;
}

dam_status dam__places_find(const dam__data_config *config, dam__split split, dam__places *out)
{
    bool train = split == DAM__SPLIT_TRAIN;
    const char *images = train ? config->images : config->test_images;
    const char *labels = train ? config->labels : config->test_labels;
    const char *prefix = train ? "" : "test_";
    if (images[0] == '\0' && labels[0] != '\0')
        return dam__fail(DAM_INPUT, "data.%slabels is given without data.%simages; give both",
                         prefix, prefix);
    if (images[0] != '\0') {
        DAM_TRY(dam__format(&out->images, "%s", images));
        if (labels[0] != '\0')
            DAM_TRY(dam__format(&out->labels, "%s", labels));
    } else if (config->name[0] != '\0') {
        DAM_TRY(find_named(config->name, split, out));
    } else {
        return dam__fail(DAM_INPUT, "there is no %s set: set data.%simages to a file, or data.name",
                         train ? "training" : "test", prefix);
    }
    return DAM_OK;
}
