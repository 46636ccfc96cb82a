/* The option table: every preset key, once. */
#include "model/energy/recall.h"
#include "run/key_value.h"
#include "run/sweep_config.h"

#define FIELD(member) offsetof(dam__experiment, member), sizeof(((dam__experiment *)0)->member)

/* clang-format off */ /* whose versions differ on braces in macros */
#define TEXT(kinds, section, key, member, help)                                                    \
    {                                                                                              \
        section, key, DAM__OPTION_TEXT, FIELD(member), "", 0, 0, false, false, NULL, "", help,     \
            kinds                                                                                  \
    }
#define INTEGER(kinds, section, key, member, preset, least, most, unit, help)                      \
    {                                                                                              \
        section, key, DAM__OPTION_INTEGER, FIELD(member), preset, least, most, false, false, NULL, \
            unit, help, kinds                                                                      \
    }
#define REAL(kinds, section, key, member, preset, least, least_open, most, most_open, help)        \
    {                                                                                              \
        section, key, DAM__OPTION_REAL, FIELD(member), preset, least, most, least_open, most_open, \
            NULL, "", help, kinds                                                                  \
    }
#define CHOICE(kinds, section, key, member, preset, choices, help)                                 \
    {                                                                                              \
        section, key, DAM__OPTION_CHOICE, FIELD(member), preset, 0, 0, false, false, choices, "",  \
            help, kinds                                                                            \
    }
/* clang-format on */

enum { INCLUDED = 0, OPEN = 1 };

/* Which kinds of models use a key, and what a sweep over it means. */
enum {
    VMF = 1u << DAM__KIND_VMF,
    ENERGY = 1u << DAM__KIND_ENERGY,
    DENOISE = 1u << DAM__KIND_DENOISE,
    ALL = (1u << DAM__KINDS) - 1
};
enum { BATCH = DAM__OPTION_BATCH, FIXED = DAM__OPTION_FIXED };

/* Orders follow the enums of the config.h headers. */
static const char *const kinds[] = {"vmf", "energy", "denoise", NULL};
static const char *const beta_rules[] = {"learned", "frozen", "annealed", NULL};
static const char *const losses[] = {"supervised", "unsupervised", NULL};
static const char *const initials[] = {"random", "data", "mean", NULL};
static const char *const interactions[] = {"poly", "rect", "leaky", "exp", NULL};
static const char *const tasks[] = {"store", "classify", NULL};
static const char *const rules[] = {"modified", "original", "shift", NULL};
static const char *const targets[] = {"hidden", "visible", NULL};
static const char *const clamps[] = {"samples", "all", NULL};
static const char *const activations[] = {"linear", "relu", "softmax", NULL};
static const char *const bounds[] = {"none", "tanh", "clip", "unit", NULL};
static const char *const centrings[] = {"none", "batch", NULL};
static const char *const parametrisations[] = {"transfer", "standard", NULL};
static const char *const regimes[] = {"proportional", "width", NULL};
static const char *const algorithms[] = {"sgd", "adam", NULL};
static const char *const pairings[] = {"fixed", "fresh", NULL};
static const char *const rates[] = {"sizes", "spectrum", NULL};
static const char *const spectra[] = {"anisotropic", "isotropic", NULL};
static const char *const holdouts[] = {"auto", "end", "shuffled", "stratified", NULL};
static const char *const answers[] = {"no", "yes", NULL};
static const char *const transposes[] = {"auto", "no", "yes", NULL};
static const char *const colours[] = {"auto", "grey", "rgb", NULL};
static const char *const scalings[] = {"none", "standard", "minmax", NULL};
static const char *const missing[] = {"refuse", "mean", NULL};
static const char *const precisions[] = {"single", "double", NULL};

static const char *const scores[] = {"auto",
                                     "loss",
                                     "validation_loss",
                                     "validation_accuracy",
                                     "test_loss",
                                     "test_accuracy",
                                     "distance",
                                     "distance_flipped",
                                     "recovered",
                                     "mse",
                                     "validation_f1",
                                     "test_f1",
                                     "energy",
                                     NULL};
static const char *const dynamics[] = {"asynchronous", "synchronous", "class", NULL};
static const char *const expected[] = {"none", "accuracy", "loss", NULL};
static const char *const directions[] = {"eigenvector", "tangent", "noise", NULL};

_Static_assert(DAM__KIND_VMF == 0 && DAM__KIND_ENERGY == 1 && DAM__KIND_DENOISE == 2 &&
                   DAM__KINDS == 3,
               "kinds");
_Static_assert(DAM__ACTIVATION_LINEAR == 0 && DAM__ACTIVATION_RELU == 1 &&
                   DAM__ACTIVATION_SOFTMAX == 2,
               "activations");
_Static_assert(DAM__BOUND_NONE == 0 && DAM__BOUND_TANH == 1 && DAM__BOUND_CLIP == 2 &&
                   DAM__BOUND_UNIT == 3,
               "bounds");
_Static_assert(DAM__CENTRING_NONE == 0 && DAM__CENTRING_BATCH == 1, "centrings");
_Static_assert(DAM__PARAMETRISATION_TRANSFER == 0 && DAM__PARAMETRISATION_STANDARD == 1,
               "parametrisations");
_Static_assert(DAM__REGIME_PROPORTIONAL == 0 && DAM__REGIME_WIDTH == 1, "regimes");
_Static_assert(DAM__ALGORITHM_SGD == 0 && DAM__ALGORITHM_ADAM == 1, "algorithms");
_Static_assert(DAM__PAIRING_FIXED == 0 && DAM__PAIRING_FRESH == 1, "pairings");
_Static_assert(DAM__RATES_SIZES == 0 && DAM__RATES_SPECTRUM == 1, "rates");
_Static_assert(DAM__SPECTRUM_ANISOTROPIC == 0 && DAM__SPECTRUM_ISOTROPIC == 1, "spectra");
_Static_assert(DAM__HOLDOUT_AUTO == 0 && DAM__HOLDOUT_END == 1 && DAM__HOLDOUT_SHUFFLED == 2 &&
                   DAM__HOLDOUT_STRATIFIED == 3,
               "holdouts");
_Static_assert(DAM__TRANSPOSE_AUTO == 0 && DAM__TRANSPOSE_NO == 1 && DAM__TRANSPOSE_YES == 2,
               "transposes");
_Static_assert(DAM__COLOUR_AUTO == 0 && DAM__COLOUR_GREY == 1 && DAM__COLOUR_RGB == 2, "colours");
_Static_assert(DAM__SCALING_NONE == 0 && DAM__SCALING_STANDARD == 1 && DAM__SCALING_MINMAX == 2,
               "scalings");
_Static_assert(DAM__MISSING_REFUSE == 0 && DAM__MISSING_MEAN == 1, "missing");
_Static_assert(DAM__BETA_LEARNED == 0 && DAM__BETA_FROZEN == 1 && DAM__BETA_ANNEALED == 2, "rules");
_Static_assert(DAM__LOSS_SUPERVISED == 0 && DAM__LOSS_UNSUPERVISED == 1, "losses");
_Static_assert(DAM__INITIAL_RANDOM == 0 && DAM__INITIAL_DATA == 1 && DAM__INITIAL_MEAN == 2,
               "initials");
_Static_assert(DAM__INTERACTION_POLY == 0 && DAM__INTERACTION_RECT == 1 &&
                   DAM__INTERACTION_LEAKY == 2 && DAM__INTERACTION_EXP == 3,
               "interactions");
_Static_assert(DAM__TASK_STORE == 0 && DAM__TASK_CLASSIFY == 1, "tasks");
_Static_assert(DAM__RULE_MODIFIED == 0 && DAM__RULE_ORIGINAL == 1 && DAM__RULE_SHIFT == 2, "rules");
_Static_assert(DAM__TARGETS_HIDDEN == 0 && DAM__TARGETS_VISIBLE == 1, "targets");
_Static_assert(DAM__CLAMP_SAMPLES == 0 && DAM__CLAMP_ALL == 1, "clamps");
_Static_assert(DAM__PRECISION_SINGLE == 0 && DAM__PRECISION_DOUBLE == 1, "precisions");
_Static_assert(DAM__SCORE_AUTO == 0 && DAM__SCORE_METRICS == 1 && DAM__METRIC_LOSS == 0 &&
                   DAM__METRIC_VALIDATION_LOSS == 1 && DAM__METRIC_VALIDATION_ACCURACY == 2 &&
                   DAM__METRIC_TEST_LOSS == 3 && DAM__METRIC_TEST_ACCURACY == 4 &&
                   DAM__METRIC_DISTANCE == 5 && DAM__METRIC_DISTANCE_FLIPPED == 6 &&
                   DAM__METRIC_RECOVERED == 7 && DAM__METRIC_MSE == 8 &&
                   DAM__METRIC_VALIDATION_F1 == 9 && DAM__METRIC_TEST_F1 == 10 &&
                   DAM__METRIC_ENERGY == 11 && DAM__METRICS == 12,
               "scores");
_Static_assert(DAM__DYNAMICS_ASYNCHRONOUS == 0 && DAM__DYNAMICS_SYNCHRONOUS == 1 &&
                   DAM__DYNAMICS_CLASS == 2,
               "dynamics");
_Static_assert(DAM__GROW_EIGENVECTOR == 0 && DAM__GROW_TANGENT == 1 && DAM__GROW_NOISE == 2,
               "directions");

const dam__option dam__options[] = {
    TEXT(ALL | FIXED, "", "title", title, "What the experiment shows, in one line."),
    TEXT(ALL | FIXED, "", "source", source, "The paper, and its figure or table, that it follows."),
    {"", "seed", DAM__OPTION_SEED, FIELD(seed), "1", 0, 9223372036854775807.0, false, false, NULL,
     "", "Start of every random draw: the same seed on the same device gives the same run.",
     ALL | BATCH},

    TEXT(ALL, "data", "name", data.name,
         "A data set by its name, such as \"mnist\" or \"fashion-mnist\", or \"random\": made-up "
         "images for benchmarks, of which samples = 0 takes 10000; or \"teacher\": made-up vectors "
         "with known memories, of which 0 takes 20000; or \"patterns\": random states of +1 and "
         "-1, of which 0 takes 20; or \"gaussian\": random vectors for denoisers, of which 0 takes "
         "5 "
         "a feature; instead of images."),
    TEXT(ALL, "data", "images", data.images,
         "File of the training samples (IDX; NPY; NPZ as \"file.npz:name\"; HDF5 or MAT 7.3 as "
         "\"file.h5:/path/in/file\"; a table, .csv or .tsv; LIBSVM; all also packed by gzip or "
         "zstd), or a folder of PNG and JPEG pictures, a folder a class; instead of name."),
    TEXT(ALL, "data", "labels", data.labels,
         "File of the training samples' classes, whole numbers or words; of a table the column, "
         "\"file.csv:column\", by its name or place."),
    TEXT(ALL, "data", "test_images", data.test_images, "File or folder of the test samples."),
    TEXT(ALL, "data", "test_labels", data.test_labels,
         "File of the test samples' classes; else the column of a table that is called as that of "
         "labels is."),
    INTEGER(
        ALL, "data", "samples", data.samples, "0", 0, 1e9, "samples",
        "Use only the first so many training samples (images, where they are cut into patches); 0 "
        "uses all."),
    INTEGER(ENERGY | DENOISE, "data", "dim", data.dim, "100", 1, 1e6, "features",
            "Features of made-up patterns and vectors (name = \"patterns\" or \"gaussian\")."),
    CHOICE(DENOISE, "data", "spectrum", data.spectrum, "anisotropic", spectra,
           "Variances of made-up vectors (name = \"gaussian\"): falling as i^(-2/5), or all 1."),
    INTEGER(DENOISE, "data", "plaquette", data.plaquette, "1", 1, 65535, "pixels",
            "Average images over square plaquettes of this side, which must divide theirs; 1 keeps "
            "the pixels."),
    REAL(DENOISE, "data", "noise", model.denoise.noise, "0.5", 0, INCLUDED, 1000, INCLUDED,
         "Deviation of the normal noise that is to be removed; images are scaled to a mean square "
         "of 1."),
    CHOICE(DENOISE, "data", "pairs", model.denoise.pairing, "fixed", pairings,
           "Whether a sample keeps its noise, or has fresh noise every epoch."),
    TEXT(ALL, "data", "validation_images", data.validation_images,
         "File or folder of the samples that tell when to stop; instead of a share of the training "
         "samples."),
    TEXT(ALL, "data", "validation_labels", data.validation_labels,
         "File of their classes, as test_labels."),
    REAL(ALL, "data", "validation", data.validation, "0.1", 0, INCLUDED, 1, OPEN,
         "Share of the training samples that is kept apart to tell when to stop; split says which "
         "ones."),
    CHOICE(
        ALL, "data", "split", data.split, "auto", holdouts,
        "Which samples are kept for validation: the last ones; shuffled, any, drawn by the seed; "
        "stratified, the same share of each class, drawn by the seed. auto takes the end, but "
        "stratified ones where the file is sorted by its labels or classes are in one part only. "
        "Patches are taken from everywhere anyway."),
    {"data", "threshold", DAM__OPTION_TEXT, FIELD(data.threshold), "none", 0, 0, false, false, NULL,
     "",
     "Above what numbers of files become +1, the others -1: \"mean\" or \"median\" of the sample, "
     "or a number; \"grey\" cuts nothing and scales pixels to -1 ... 1; \"none\" takes bytes above "
     "0 "
     "and leaves other numbers as they are; \"auto\" "
     "chooses by what the samples are like, and says so: none for bytes with a background of 0 and "
     "for "
     "numbers within -1 ... 1, else the mean.",
     ENERGY},
    CHOICE(
        ALL, "data", "invert", data.invert, "no", answers,
        "Invert what files hold, as white for black: bytes x become 255 - x, numbers from 0 to 1 "
        "become 1 - x, others change their sign."),
    CHOICE(ALL, "data", "transpose", data.transpose, "auto", transposes,
           "Swap rows and columns of images; auto does so where a file is called emnist-..., whose "
           "images lie on their side."),
    CHOICE(ALL, "data", "colour", data.colour, "auto", colours,
           "What pictures are read as: grey, a number a pixel, or rgb, three; auto is grey unless "
           "one of the training has colours."),
    TEXT(ALL, "data", "resize", data.resize,
         "Make all pictures this large, \"WIDTHxHEIGHT\", such as \"28x28\"; else one of another "
         "size than the first is refused."),
    CHOICE(ALL, "data", "scaling", data.scaling, "none", scalings,
           "Bring every feature to one scale by numbers of the training samples alone, which the "
           "run keeps: standard takes its mean off and divides by its deviation, minmax makes its "
           "least 0 and its most 1."),
    CHOICE(ALL, "data", "missing", data.missing, "refuse", missing,
           "A number that is missing (NaN, an empty cell): refuse it, with its place, or take its "
           "feature's mean over the training samples."),
    INTEGER(VMF, "data", "patch", data.patch, "0", 0, 65535, "pixels",
            "Cut the images into square patches of this side, which are then the samples, without "
            "labels; 0 keeps whole images."),
    INTEGER(VMF, "data", "patch_stride", data.patch_stride, "2", 1, 65535, "pixels",
            "From one patch to the next, along rows and down columns."),
    INTEGER(
        VMF, "data", "teacher_memories", data.teacher_memories, "8", 1, 1e6, "memories",
        "Memories of the teacher (name = \"teacher\"); they have the classes 0, 1, ... in turn."),
    INTEGER(VMF, "data", "teacher_dim", data.teacher_dim, "64", 3, 1e6, "features",
            "Features of the teacher's samples."),
    INTEGER(VMF, "data", "teacher_classes", data.teacher_classes, "4", 1, 65535, "classes",
            "Classes of the teacher's samples."),
    REAL(VMF, "data", "teacher_beta", data.teacher_beta, "40", 0, OPEN, 10000, INCLUDED,
         "Concentration of the teacher's samples round its memories."),
    REAL(VMF, "data", "teacher_softening", data.teacher_softening, "0.1", 0, INCLUDED, 1, OPEN,
         "Share of the teacher's samples whose class is any of them, or none."),
    INTEGER(ALL, "data", "memory", data.memory, "0", 0, 1e8, "MiB",
            "Device memory that the training samples may take; 0 is as much as fits."),

    CHOICE(ALL | FIXED, "model", "kind", model.kind, "vmf", kinds,
           "The model: vmf has memories on the unit sphere with class weights; energy has memories "
           "whose energies hold states of +1 and -1; denoise removes noise from real vectors."),
    INTEGER(ALL, "model", "memories", model.memories, "100", 1, 1e7, "memories",
            "How many memories are learned. More fit better and take longer."),
    INTEGER(VMF, "model", "capacity", model.vmf.capacity, "0", 0, 1e7, "memories",
            "Memories the model may grow to. It sets the weight of the background, memories / "
            "capacity; 0 is the same as memories."),
    CHOICE(VMF, "model", "initial", model.vmf.initial, "random", initials,
           "First memories: random unit vectors; training samples drawn at random, none of them "
           "blank; or mean, unit vectors near the training samples' mean."),
    REAL(VMF, "model", "initial_spread", model.vmf.initial_spread, "0.1", 0, OPEN, 1000, INCLUDED,
         "How near: the length of the random vector that is added to the mean's direction, with "
         "initial = \"mean\"."),
    REAL(VMF, "model", "background", model.vmf.background, "1", 0, OPEN, 1, INCLUDED,
         "Factor of the background's weight, which takes up samples that resemble no memory."),
    CHOICE(
        VMF, "model", "loss", model.vmf.loss, "supervised", losses,
        "What class predictions are compared with: labels, or, unsupervised, themselves, so that "
        "the model finds classes of its own."),
    INTEGER(VMF, "model", "classes", model.vmf.classes, "10", 1, 65535, "classes",
            "How many classes an unsupervised model finds; others take those of the labels."),
    TEXT(VMF, "model", "class_counts", model.vmf.class_counts,
         "Relative sizes of an unsupervised model's classes, such as \"110,132,121\" for three; "
         "equal ones would keep all classes equal. Empty takes slightly different ones for ten."),
    REAL(VMF, "model", "beta", model.vmf.beta, "32", 0, OPEN, 1e6, INCLUDED,
         "First inverse temperature: how sharply a memory answers to what resembles it."),
    CHOICE(VMF, "model", "beta_rule", model.vmf.beta_rule, "learned", beta_rules,
           "How beta moves: learned by gradient descent, frozen at its first value, or annealed "
           "from beta to anneal_to."),
    REAL(VMF, "model", "varsigma", model.vmf.varsigma, "0.25", 0, OPEN, 1, INCLUDED,
         "Regularisation: overlaps are multiplied by varsigma * beta. Smaller gives smoother, more "
         "general memories."),
    REAL(VMF, "model", "softening", model.vmf.softening, "0.1", 0, INCLUDED, 1, OPEN,
         "Share of every label that is spread over all classes and one extra class."),
    INTEGER(VMF, "model", "sinkhorn", model.vmf.sinkhorn, "10", 1, 10000, "iterations",
            "At most so many Sinkhorn-Knopp iterations balance the class weights after a step."),
    REAL(VMF, "model", "anneal_to", model.vmf.anneal_to, "0", 0, INCLUDED, 1e6, INCLUDED,
         "beta at the end of the schedule; needed with beta_rule = \"annealed\" only."),
    INTEGER(VMF, "model", "anneal_epochs", model.vmf.anneal_epochs, "0", 0, 1e6, "epochs",
            "Length of the schedule; needed with beta_rule = \"annealed\" only."),
    REAL(VMF, "model", "anneal_exponent", model.vmf.anneal_exponent, "1", 0, OPEN, 100, INCLUDED,
         "Steepness of the schedule's middle; 1 is a straight line."),

    CHOICE(ENERGY, "model", "task", model.energy.task, "store", tasks,
           "What is learned: to store the samples themselves, or to classify them, with a neuron a "
           "class."),
    CHOICE(ENERGY, "model", "interaction", model.energy.interaction.kind, "poly", interactions,
           "F, which sharpens the overlap x of a state with a memory: poly x^n, rect max(x, 0)^n, "
           "leaky x^n above 0 and leak * x below, exp e^x."),
    INTEGER(ENERGY, "model", "exponent", model.energy.interaction.exponent, "5",
            DAM__LEAST_EXPONENT, DAM__MOST_EXPONENT, "",
            "n of the interaction. Larger stores more, and needs a temperature nearer to 1."),
    REAL(ENERGY | BATCH, "model", "leak", model.energy.interaction.leak, "-0.01", -1000, INCLUDED,
         1000, INCLUDED,
         "Slope of leaky below 0, with its sign: arXiv 2407.08742 gives no value, its authors' "
         "program has 0.01."),
    CHOICE(ENERGY, "model", "rule", model.energy.rule, "modified", rules,
           "Where overlaps are scaled: modified inside of F, by 1 / (dim * temperature); original "
           "outside, by temperature^-n, which overflows; shift, for exp alone, by "
           "e^(-sharpness * dim * temperature)."),
    REAL(ENERGY, "model", "sharpness", model.energy.sharpness, "1", 0, OPEN, 1000, INCLUDED,
         "Factor of the overlaps in the exponent, with rule = \"shift\"."),
    REAL(ENERGY | BATCH, "model", "temperature", model.energy.temperature, "0", 0, INCLUDED, 1e6,
         INCLUDED,
         "T at first: where it is low, neurons are sure sooner and learn no more. 0 takes 1 / 0.9, "
         "with exponent 2 1 / 2.2; times dim with rule = \"original\"."),
    REAL(ENERGY | BATCH, "model", "temperature_to", model.energy.temperature_to, "0", 0, INCLUDED,
         1e6, INCLUDED, "T at the end of its ramp; 0 keeps it as it is."),
    INTEGER(ENERGY, "model", "temperature_epochs", model.energy.temperature_epochs, "0", 0, 1e6,
            "epochs", "Length of the ramp; needed with temperature_to only."),
    INTEGER(ENERGY, "model", "error_exponent", model.energy.error_exponent, "1", 1, 100, "",
            "m: the loss of a neuron is its error to the power 2m."),
    CHOICE(ENERGY, "model", "targets", model.energy.targets, "hidden", targets,
           "Class neurons while a classifier learns: hidden, -1 as when it is asked; visible, the "
           "label."),
    REAL(ENERGY, "model", "mean", model.energy.mean, "0", -1, INCLUDED, 1, INCLUDED,
         "Mean of the first memories."),
    REAL(ENERGY, "model", "spread", model.energy.spread, "0.1", 0, OPEN, 10, INCLUDED,
         "Standard deviation of the first memories, which are normal and cut to -1 ... 1."),
    REAL(ENERGY, "model", "floor", model.energy.floor, "0", 0, INCLUDED, 1, INCLUDED,
         "A memory whose largest gradient is below takes a smaller step; 0 has none do. 1e-30, as "
         "in the program of the authors of arXiv 2407.08742, stops learning at large exponents."),
    CHOICE(ENERGY, "model", "clamp", model.energy.clamp, "samples", clamps,
           "Weights kept within -1 ... 1: those of the samples' neurons, or all, those of class "
           "neurons too."),

    CHOICE(DENOISE, "model", "activation", model.denoise.activation, "relu", activations,
           "What a memory answers with: its similarity, that where it is positive, or its share of "
           "all."),
    INTEGER(
        DENOISE, "model", "power", model.denoise.power, "1", 1, 8, "",
        "Power of the relu activation; above 1 the energy has no lower bound, unless bound gives "
        "it one."),
    CHOICE(DENOISE, "model", "bound", model.denoise.bound, "none", bounds,
           "g(x), which bounds what the model sees, and so its energy: tanh, bound_at * tanh(x / "
           "bound_at); clip, x within +-bound_at; unit, x at a mean square of 1; in the scale "
           "where that of samples is 1."),
    REAL(DENOISE, "model", "bound_at", model.denoise.bound_at, "2", 0, OPEN, 1000, INCLUDED,
         "Where tanh and clip bound a feature."),
    CHOICE(DENOISE, "model", "centring", model.denoise.centring, "batch", centrings,
           "Whether activations lose their mean over the batch; SGD needs it for rates to "
           "transfer."),
    CHOICE(DENOISE, "model", "parametrisation", model.denoise.parametrisation, "transfer",
           parametrisations,
           "Factors and rates: transfer has them follow the sizes, so that train.eta0 found on a "
           "small model holds on a large one; standard has one rate for all."),
    CHOICE(DENOISE, "model", "regime", model.denoise.regime, "proportional", regimes,
           "What is enlarged in a transfer: features, memories, samples and batch together, or the "
           "memories alone."),
    REAL(DENOISE, "model", "gain", model.denoise.gain, "1", 0, OPEN, 1000, INCLUDED,
         "A further factor of the similarities; 0.5 lets softmax with SGD transfer."),

    INTEGER(ALL, "train", "batch", train.batch, "1000", 1, 1e7, "samples",
            "Samples in one training step."),
    INTEGER(ALL | FIXED, "train", "shards", train.shards, "1", 1, 1024, "shards",
            "Cut each batch into so many shards, a power of two, whose gradients are added in one "
            "fixed tree (docs/cluster.md)."),
    INTEGER(ALL, "train", "epochs", train.epochs, "300", 1, 1e6, "epochs",
            "At most so many passes over the training samples; grow.epochs takes its place where "
            "the model grows."),
    CHOICE(DENOISE, "train", "optimizer", model.denoise.algorithm, "adam", algorithms,
           "How parameters follow their gradients."),
    REAL(DENOISE | BATCH, "train", "eta0", model.denoise.eta0, "0.0625", 0, OPEN, 1e6, INCLUDED,
         "Base of the learning rates, which follow from it and the sizes; 'denseam train' prints "
         "them."),
    REAL(VMF | ENERGY | BATCH, "train", "learning_rate", train.learning_rate, "0.1", 0, OPEN, 100,
         INCLUDED,
         "Step size. With vmf it enters twice: the effective step is learning_rate^2 / (1 - "
         "momentum). With energy it is the largest change of a memory."),
    REAL(ALL, "train", "momentum", train.momentum, "0.99", 0, INCLUDED, 1, OPEN,
         "Share of the last step that the next one keeps."),
    REAL(ALL, "train", "decay", train.decay, "1", 0, OPEN, 1, INCLUDED,
         "The learning rate is multiplied by this after every epoch."),
    INTEGER(DENOISE, "train", "warmup", train.warmup, "0", 0, 1e9, "steps",
            "The learning rates rise to their full size over so many first steps, in a straight "
            "line."),
    CHOICE(DENOISE, "train", "rates", model.denoise.rates, "sizes", rates,
           "What the rates follow besides eta0: the sizes; or spectrum, which also divides them by "
           "the largest eigenvalue of the inputs' covariance: for SGD on images."),
    TEXT(DENOISE | FIXED, "train", "diagnostics", train.diagnostics,
         "Steps, counted from 0, whose changes are measured, such as \"0,10,100\"; 'denseam "
         "analyse' compares them."),
    INTEGER(ALL, "train", "patience", train.patience, "1", 0, 1e6, "epochs",
            "Stop after so many epochs in a row without a better validation loss; 0 never stops "
            "early. grow.patience takes its place where the model grows."),
    INTEGER(ALL, "train", "checkpoint", train.checkpoint, "10", 1, 1e6, "epochs",
            "Save the run every so many epochs, to resume from."),
    INTEGER(ALL, "train", "record", train.record, "0", 0, 1e6, "epochs",
            "Keep the memories of every so many epochs in the run, for 'denseam show --film'; 0 "
            "keeps none."),
    INTEGER(ALL, "train", "record_memories", train.record_memories, "400", 1, 1e6, "memories",
            "Record at most so many memories, the first ones."),
    CHOICE(ALL | FIXED, "train", "precision", train.precision, "single", precisions,
           "Arithmetic on the device; double needs a device that has it, and is slower."),

    INTEGER(
        ALL, "grow", "to", grow.to, "0", 0, 1e7, "memories",
        "Grow by splitting memories until there are so many; 0 keeps as many as model.memories."),
    INTEGER(ALL, "grow", "samples", grow.samples, "10000", 1, 1e9, "samples",
            "Training samples that a split looks at, drawn anew for each."),
    INTEGER(ALL, "grow", "iterations", grow.iterations, "6", 1, 10000, "iterations",
            "Power iterations that find the directions to split along."),
    INTEGER(ALL, "grow", "extra_iterations", grow.extra_iterations, "12", 0, 10000, "iterations",
            "At most so many further ones for memories that seem stable, before they are taken for "
            "it."),
    REAL(ALL, "grow", "threshold", grow.threshold, "-0.001", -1e6, INCLUDED, 0, INCLUDED,
         "A memory splits where the smallest eigenvalue of its splitting matrix is below."),
    REAL(ALL, "grow", "step", grow.step, "0.25", 0, INCLUDED, 10, INCLUDED,
         "How far a pair moves apart: each by this share of its memory's length along the "
         "direction; vmf then goes back to the sphere."),
    REAL(ALL, "grow", "fraction", grow.fraction, "1", 0, OPEN, 1, INCLUDED,
         "At most this share of the memories splits at once."),
    INTEGER(ALL, "grow", "splits", grow.splits, "14", 1, 1000, "splits", "At most so many splits."),
    INTEGER(ALL, "grow", "patience", grow.patience, "1", 0, 1e6, "epochs",
            "A stage between splits ends after so many epochs in a row without a better validation "
            "loss; takes the place of train.patience."),
    REAL(ALL, "grow", "gain", grow.gain, "0.02", 0, INCLUDED, 1e6, INCLUDED,
         "In a stage a validation loss (of training, where nothing is kept for validation) is "
         "better "
         "where it is lower by more than this, with vmf in nats; 0 trains on until it rises."),
    INTEGER(ALL, "grow", "settle", grow.settle, "3", 0, 1e6, "epochs",
            "Epochs after a split that the patience does not count: the loss may rise in them."),
    INTEGER(ALL, "grow", "epochs", grow.epochs, "100", 1, 1e6, "epochs",
            "At most so many passes over the training samples in a stage; takes the place of "
            "train.epochs."),
    CHOICE(ALL, "grow", "direction", grow.direction, "eigenvector", directions,
           "Where memories split to: along the eigenvector of the smallest eigenvalue; to compare "
           "with, along a random tangent, or random noise (then the heaviest memories split)."),

    CHOICE(ENERGY, "recall", "dynamics", recall.dynamics, "asynchronous", dynamics,
           "Neurons flip one at a time in a random order, or all together, or only the class "
           "neurons, once."),
    INTEGER(ENERGY, "recall", "sweeps", recall.sweeps, "100", 1, 10000, "sweeps",
            "At most so many passes over the neurons."),
    INTEGER(
        ENERGY, "recall", "seeds", recall.seeds, "1", 1, 1000, "seeds",
        "Draws of patterns and probes, with seed, seed + 1, and so on; curves are their mean, with "
        "error bars. A run's memories are drawn once."),
    REAL(
        ENERGY, "recall", "scale", recall.scale, "0", 0, INCLUDED, 1e6, INCLUDED,
        "b of the energy -sum F(b S) that falls: where F is leaky or exp, what is recalled depends "
        "on it. 0 takes that of the learning; for patterns stored as they are 1, with exp "
        "model.sharpness."),
    INTEGER(
        ENERGY | DENOISE, "recall", "count", recall.count, "0", 0, 1e9, "probes",
        "Recall from so many of the patterns, evenly spread; of a denoiser's test samples, from "
        "the first ones; 0 takes all."),
    TEXT(ENERGY, "recall", "flips", recall.flips,
         "How many neurons of a probe are flipped; several numbers with commas make a curve."),
    REAL(ENERGY | DENOISE, "recall", "noise", recall.noise, "0", -1, INCLUDED, 1000, INCLUDED,
         "Deviation of the normal noise that is added to probes: before they are cut to +1 and -1; "
         "of a denoiser's, whose mean square is 1. 0 adds none; -1, for denoisers alone, takes "
         "data.noise."),
    REAL(DENOISE, "recall", "dt", recall.dt, "0.005", 0, OPEN, 1, INCLUDED,
         "Length of a step x + dt (f(x) - x) of the relaxation."),
    INTEGER(DENOISE, "recall", "steps", recall.steps, "200", 1, 1e6, "steps",
            "Steps of the relaxation; it is trained for steps * dt of about 1."),
    REAL(DENOISE, "recall", "clip", recall.clip, "0", 0, INCLUDED, 1e6, INCLUDED,
         "Features stay within -clip ... clip, in the scale where their mean square is 1; 0 leaves "
         "them free. Needed with model.power above 1."),
    TEXT(ENERGY, "recall", "mask", recall.mask,
         "Region that probes forget, which becomes -1: top, bottom, left, right, FIRST-LAST, "
         "TOP-BOTTOM,LEFT-RIGHT, or a file with a number a neuron."),
    TEXT(ENERGY, "recall", "clamp", recall.clamp,
         "Region that stays as it is given, written as mask is; or \"given\", all that mask "
         "leaves."),
    TEXT(ENERGY | DENOISE, "recall", "probes", recall.probes,
         "File of the probes (as images may be) instead of changed patterns."),
    TEXT(ENERGY, "recall", "patterns", recall.patterns,
         "How many of the patterns are stored, from the first on; several numbers with commas make "
         "a curve. Empty stores all."),
    TEXT(ENERGY, "recall", "interactions", recall.interactions,
         "Interactions to compare, such as \"poly:2,rect:3,exp\", instead of the model's."),

    TEXT(
        ALL | FIXED, "sweep", "x", sweep.x,
        "What 'denseam sweep' varies: \"section.key=VALUES\"; 'denseam help sweep' says how. The x "
        "axis of its picture."),
    TEXT(ALL | FIXED, "sweep", "y", sweep.y,
         "A second key that it varies, in the same way; the y axis of its picture."),
    TEXT(ALL | FIXED, "sweep", "z", sweep.z,
         "A third key that it varies; each of its values has a picture."),
    INTEGER(ALL | FIXED, "sweep", "seeds", sweep.seeds, "1", 1, DAM__SWEEP_SEEDS, "seeds",
            "Trainings of each cell of the grid: with seed, seed + 1, and so on."),
    CHOICE(
        ALL | FIXED, "sweep", "score", sweep.score, "auto", scores,
        "What cells are compared by; auto is the distance where patterns are stored, else the "
        "validation accuracy where there is one, else the validation loss, else a denoiser's "
        "mse, else the loss. f1 is the macro F1 of classes, energy that of what is recalled from "
        "stored patterns."),
    INTEGER(ALL | FIXED, "sweep", "extend", sweep.extend, "0", 0, 64, "values",
            "Searches the best value of x, whose values have equal factors between: goes on beyond "
            "an end that is the best, by at most so many values; 0 trains the grid alone."),
    INTEGER(ENERGY | FIXED, "sweep", "flips", sweep.flips, "20", 0, 1e6, "neurons",
            "Neurons flipped in the probes of distance_flipped and recovered, where patterns are "
            "stored; those of distance are the patterns themselves."),

    CHOICE(ALL | FIXED, "expect", "metric", expect.metric, "none", expected,
           "What 'denseam eval --check' compares on the test set: the accuracy, which should be no "
           "lower than the value, or the loss, which should be no higher."),
    REAL(ALL | FIXED, "expect", "value", expect.value, "0", -1e9, INCLUDED, 1e9, INCLUDED,
         "The value that was measured, for runs to be compared with."),
    REAL(ALL | FIXED, "expect", "tolerance", expect.tolerance, "0", 0, INCLUDED, 1e9, INCLUDED,
         "How much worse a run may be, by another seed or device."),
    {0}};

const dam__kind_default dam__kind_defaults[] = {{DAM__KIND_ENERGY, "data", "threshold", "auto"},
                                                {DAM__KIND_ENERGY, "train", "learning_rate", "0.5"},
                                                {DAM__KIND_ENERGY, "train", "momentum", "0"},
                                                {DAM__KIND_ENERGY, "train", "decay", "0.999"},
                                                {DAM__KIND_ENERGY, "train", "patience", "0"},
                                                {DAM__KIND_ENERGY, "data", "validation", "0"},
                                                {DAM__KIND_ENERGY, "grow", "gain", "0.001"},
                                                {DAM__KIND_DENOISE, "grow", "gain", "0.001"},
                                                {DAM__KIND_DENOISE, "train", "learning_rate", "1"},
                                                {DAM__KIND_DENOISE, "train", "momentum", "0"},
                                                {DAM__KIND_DENOISE, "train", "patience", "0"},
                                                {DAM__KIND_DENOISE, "data", "validation", "0"},
                                                {DAM__KIND_DENOISE, "recall", "count", "200"},
                                                {DAM__KIND_DENOISE, "recall", "noise", "-1"},
                                                {0}};

const dam__kind_default dam__older_values[] = {{DAM__KIND_VMF, "data", "split", "end"},
                                               {DAM__KIND_ENERGY, "data", "split", "end"},
                                               {DAM__KIND_DENOISE, "data", "split", "end"},
                                               {DAM__KIND_ENERGY, "data", "threshold", "none"},
                                               {0}};

_Static_assert(sizeof dam__options / sizeof *dam__options <= DAM__MAX_OPTIONS, "too many options");
