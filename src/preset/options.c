/* The option table: every preset key, once. */
#include "preset/option.h"
#include "train/sweep.h"

#define FIELD(member) offsetof(dam__experiment, member), sizeof(((dam__experiment *)0)->member)

#define TEXT(section, key, member, help)                                                           \
    {                                                                                              \
        section, key, DAM__OPTION_TEXT, FIELD(member), "", 0, 0, false, false, NULL, "", help      \
    }
#define FIXED_TEXT(section, key, member, help)                                                     \
    {                                                                                              \
        section, key, DAM__OPTION_TEXT, FIELD(member), "", 0, 0, false, false, NULL, "", help,     \
            DAM__SWEEP_NEVER                                                                       \
    }
#define INTEGER(section, key, member, preset, least, most, unit, help)                             \
    {                                                                                              \
        section, key, DAM__OPTION_INTEGER, FIELD(member), preset, least, most, false, false, NULL, \
            unit, help                                                                             \
    }
#define REAL(section, key, member, preset, least, least_open, most, most_open, help)               \
    {                                                                                              \
        section, key, DAM__OPTION_REAL, FIELD(member), preset, least, most, least_open, most_open, \
            NULL, "", help                                                                         \
    }
/* A number that every problem of a batched model has for itself. */
#define BATCH_REAL(section, key, member, preset, least, least_open, most, most_open, help)         \
    {                                                                                              \
        section, key, DAM__OPTION_REAL, FIELD(member), preset, least, most, least_open, most_open, \
            NULL, "", help, DAM__SWEEP_BATCH                                                       \
    }
#define CHOICE(section, key, member, preset, choices, help)                                        \
    {                                                                                              \
        section, key, DAM__OPTION_CHOICE, FIELD(member), preset, 0, 0, false, false, choices, "",  \
            help                                                                                   \
    }

#define FIXED_CHOICE(section, key, member, preset, choices, help)                                  \
    {                                                                                              \
        section, key, DAM__OPTION_CHOICE, FIELD(member), preset, 0, 0, false, false, choices, "",  \
            help, DAM__SWEEP_NEVER                                                                 \
    }

enum { INCLUDED = 0, OPEN = 1 };

/* Orders follow the enums of the config.h headers. */
static const char *const kinds[] = {"vmf", NULL};
static const char *const beta_rules[] = {"learned", "frozen", "annealed", NULL};
static const char *const losses[] = {"supervised", "unsupervised", NULL};
static const char *const initials[] = {"random", "data", NULL};
static const char *const precisions[] = {"single", "double", NULL};

static const char *const scores[] = {"auto",          "loss",      "validation_loss",
                                     "validation_accuracy", "test_loss", "test_accuracy", NULL};
static const char *const directions[] = {"eigenvector", "tangent", "noise", NULL};

_Static_assert(DAM__KIND_VMF == 0, "kinds");
_Static_assert(DAM__BETA_LEARNED == 0 && DAM__BETA_FROZEN == 1 && DAM__BETA_ANNEALED == 2, "rules");
_Static_assert(DAM__LOSS_SUPERVISED == 0 && DAM__LOSS_UNSUPERVISED == 1, "losses");
_Static_assert(DAM__INITIAL_RANDOM == 0 && DAM__INITIAL_DATA == 1, "initials");
_Static_assert(DAM__PRECISION_SINGLE == 0 && DAM__PRECISION_DOUBLE == 1, "precisions");
_Static_assert(DAM__SCORE_AUTO == 0 && DAM__SCORE_METRICS == 1 && DAM__METRIC_LOSS == 0 &&
                   DAM__METRIC_VALIDATION_LOSS == 1 && DAM__METRIC_VALIDATION_ACCURACY == 2 &&
                   DAM__METRIC_TEST_LOSS == 3 && DAM__METRIC_TEST_ACCURACY == 4 &&
                   DAM__METRICS == 5,
               "scores");
_Static_assert(DAM__GROW_EIGENVECTOR == 0 && DAM__GROW_TANGENT == 1 && DAM__GROW_NOISE == 2,
               "directions");

const dam__option dam__options[] = {
    FIXED_TEXT("", "title", title, "What the experiment shows, in one line."),
    FIXED_TEXT("", "source", source, "The paper, and its figure or table, that it follows."),
    {"", "seed", DAM__OPTION_SEED, FIELD(seed), "1", 0, 9223372036854775807.0, false, false, NULL,
     "", "Start of every random draw: the same seed on the same device gives the same run.",
     DAM__SWEEP_BATCH},

    TEXT("data", "name", data.name,
         "A data set by its name, such as \"mnist\" or \"fashion-mnist\", or \"random\": made-up "
         "images for benchmarks, of which samples = 0 takes 10000; or \"teacher\": made-up vectors "
         "with known memories, of which 0 takes 20000; instead of images."),
    TEXT("data", "images", data.images,
         "File of the training samples (IDX, plain or gzipped; NPY; HDF5 as "
         "\"file.h5:/path/in/file\"); instead of name."),
    TEXT("data", "labels", data.labels, "File of the training samples' classes."),
    TEXT("data", "test_images", data.test_images, "File of the test samples."),
    TEXT("data", "test_labels", data.test_labels, "File of the test samples' classes."),
    INTEGER(
        "data", "samples", data.samples, "0", 0, 1e9, "samples",
        "Use only the first so many training samples (images, where they are cut into patches); 0 "
        "uses all."),
    REAL("data", "validation", data.validation, "0.1", 0, INCLUDED, 1, OPEN,
         "Share of the training samples, taken from the end, that is kept apart to tell when to "
         "stop."),
    INTEGER("data", "patch", data.patch, "0", 0, 65535, "pixels",
            "Cut the images into square patches of this side, which are then the samples, without "
            "labels; 0 keeps whole images."),
    INTEGER("data", "patch_stride", data.patch_stride, "2", 1, 65535, "pixels",
            "From one patch to the next, along rows and down columns."),
    INTEGER(
        "data", "teacher_memories", data.teacher_memories, "8", 1, 1e6, "memories",
        "Memories of the teacher (name = \"teacher\"); they have the classes 0, 1, ... in turn."),
    INTEGER("data", "teacher_dim", data.teacher_dim, "64", 3, 1e6, "features",
            "Features of the teacher's samples."),
    INTEGER("data", "teacher_classes", data.teacher_classes, "4", 1, 65535, "classes",
            "Classes of the teacher's samples."),
    REAL("data", "teacher_beta", data.teacher_beta, "40", 0, OPEN, 10000, INCLUDED,
         "Concentration of the teacher's samples round its memories."),
    REAL("data", "teacher_softening", data.teacher_softening, "0.1", 0, INCLUDED, 1, OPEN,
         "Share of the teacher's samples whose class is any of them, or none."),
    INTEGER("data", "memory", data.memory, "0", 0, 1e8, "MiB",
            "Device memory that the training samples may take; 0 is as much as fits."),

    CHOICE("model", "kind", model.kind, "vmf", kinds,
           "The model: vmf has memories on the unit sphere with class weights."),
    INTEGER("model", "memories", model.memories, "100", 1, 1e7, "memories",
            "How many memories are learned. More fit better and take longer."),
    INTEGER("model", "capacity", model.capacity, "0", 0, 1e7, "memories",
            "Memories the model may grow to. It sets the weight of the background, memories / "
            "capacity; 0 is the same as memories."),
    CHOICE("model", "initial", model.initial, "random", initials,
           "First memories: random unit vectors, or training samples drawn at random, none of them "
           "blank."),
    REAL("model", "background", model.background, "1", 0, OPEN, 1, INCLUDED,
         "Factor of the background's weight, which takes up samples that resemble no memory."),
    CHOICE(
        "model", "loss", model.loss, "supervised", losses,
        "What class predictions are compared with: labels, or, unsupervised, themselves, so that "
        "the model finds classes of its own."),
    INTEGER("model", "classes", model.classes, "10", 1, 65535, "classes",
            "How many classes an unsupervised model finds; others take those of the labels."),
    TEXT("model", "class_counts", model.class_counts,
         "Relative sizes of an unsupervised model's classes, such as \"110,132,121\" for three; "
         "equal ones would keep all classes equal. Empty takes slightly different ones for ten."),
    REAL("model", "beta", model.beta, "32", 0, OPEN, 1e6, INCLUDED,
         "First inverse temperature: how sharply a memory answers to what resembles it."),
    CHOICE("model", "beta_rule", model.beta_rule, "learned", beta_rules,
           "How beta moves: learned by gradient descent, frozen at its first value, or annealed "
           "from beta to anneal_to."),
    REAL("model", "varsigma", model.varsigma, "0.25", 0, OPEN, 1, INCLUDED,
         "Regularisation: overlaps are multiplied by varsigma * beta. Smaller gives smoother, more "
         "general memories."),
    REAL("model", "softening", model.softening, "0.1", 0, INCLUDED, 1, OPEN,
         "Share of every label that is spread over all classes and one extra class."),
    INTEGER("model", "sinkhorn", model.sinkhorn, "10", 1, 10000, "iterations",
            "At most so many Sinkhorn-Knopp iterations balance the class weights after a step."),
    REAL("model", "anneal_to", model.anneal_to, "0", 0, INCLUDED, 1e6, INCLUDED,
         "beta at the end of the schedule; needed with beta_rule = \"annealed\" only."),
    INTEGER("model", "anneal_epochs", model.anneal_epochs, "0", 0, 1e6, "epochs",
            "Length of the schedule; needed with beta_rule = \"annealed\" only."),
    REAL("model", "anneal_exponent", model.anneal_exponent, "1", 0, OPEN, 100, INCLUDED,
         "Steepness of the schedule's middle; 1 is a straight line."),

    INTEGER("train", "batch", train.batch, "1000", 1, 1e7, "samples",
            "Samples in one training step."),
    INTEGER("train", "epochs", train.epochs, "300", 1, 1e6, "epochs",
            "At most so many passes over the training samples."),
    BATCH_REAL("train", "learning_rate", train.learning_rate, "0.1", 0, OPEN, 100, INCLUDED,
         "Step size. It enters twice: the effective step is learning_rate^2 / (1 - momentum)."),
    BATCH_REAL("train", "momentum", train.momentum, "0.99", 0, INCLUDED, 1, OPEN,
         "Share of the last step that the next one keeps."),
    INTEGER("train", "patience", train.patience, "1", 0, 1e6, "epochs",
            "Stop after so many epochs in a row without a better validation loss; 0 never stops "
            "early."),
    INTEGER("train", "checkpoint", train.checkpoint, "10", 1, 1e6, "epochs",
            "Save the run every so many epochs, to resume from."),
    FIXED_CHOICE("train", "precision", train.precision, "single", precisions,
           "Arithmetic on the device; double needs a device that has it, and is slower."),

    INTEGER(
        "grow", "to", grow.to, "0", 0, 1e7, "memories",
        "Grow by splitting memories until there are so many; 0 keeps as many as model.memories."),
    INTEGER("grow", "samples", grow.samples, "10000", 1, 1e9, "samples",
            "Training samples that a split looks at, drawn anew for each."),
    INTEGER("grow", "iterations", grow.iterations, "8", 1, 10000, "iterations",
            "Power iterations that find the directions to split along."),
    INTEGER("grow", "extra_iterations", grow.extra_iterations, "24", 0, 10000, "iterations",
            "At most so many further ones for memories that seem stable, before they are taken for "
            "it."),
    REAL("grow", "threshold", grow.threshold, "-0.001", -1e6, INCLUDED, 0, INCLUDED,
         "A memory splits where the smallest eigenvalue of its splitting matrix is below."),
    REAL("grow", "step", grow.step, "0.25", 0, INCLUDED, 10, INCLUDED,
         "How far a pair moves apart: each by so much along the direction, then back to the "
         "sphere."),
    REAL("grow", "fraction", grow.fraction, "1", 0, OPEN, 1, INCLUDED,
         "At most this share of the memories splits at once."),
    INTEGER("grow", "splits", grow.splits, "14", 1, 1000, "splits", "At most so many splits."),
    INTEGER("grow", "patience", grow.patience, "3", 0, 1e6, "epochs",
            "A stage between splits ends after so many epochs without a better validation loss; "
            "takes the place of train.patience."),
    INTEGER("grow", "epochs", grow.epochs, "100", 1, 1e6, "epochs",
            "At most so many passes over the training samples in a stage; takes the place of "
            "train.epochs."),
    CHOICE("grow", "direction", grow.direction, "eigenvector", directions,
           "Where memories split to: along the eigenvector of the smallest eigenvalue; to compare "
           "with, along a random tangent, or random noise (then the heaviest memories split)."),

    FIXED_TEXT("sweep", "x",  sweep.x,
         "What 'denseam sweep' varies: \"section.key=VALUES\", a list \"1,2,5\" or a range "
         "\"from:to:count\" or, in equal factors, \"from:to:count:log\"; the x axis of its picture."),
    FIXED_TEXT("sweep", "y", sweep.y,
         "A second key that it varies, in the same way; the y axis of its picture."),
    {"sweep", "seeds", DAM__OPTION_INTEGER, FIELD(sweep.seeds), "1", 1, DAM__SWEEP_SEEDS, false, false, NULL, "seeds", "Trainings of each cell of the grid: with seed, seed + 1, and so on.", DAM__SWEEP_NEVER},
    FIXED_CHOICE("sweep", "score", sweep.score, "auto", scores,
         "What cells are compared by; auto is the validation accuracy where there is one, else the "
         "validation loss, else the loss."),
    {0}};

_Static_assert(sizeof dam__options / sizeof *dam__options <= DAM__MAX_OPTIONS, "too many options");
