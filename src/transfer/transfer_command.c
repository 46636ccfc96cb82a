/* `denseam transfer`: from a small tuned run, the preset of a large one. */
#include <stdlib.h>

#include "base/file.h"
#include "base/notice.h"
#include "command/command.h"
#include "command/output.h"
#include "data/gaussian.h"
#include "model/denoise/denoise.h"
#include "transfer/transfer.h"

typedef struct transfer_arguments {
    arguments shared;
    const char *to; /* sizes */
} transfer_arguments;

/* A run and what it becomes. */
typedef struct transferring {
    dam__tuned tuned;
    dam__sizes sizes[2]; /* before and after */
    dam__experiment large;
    dam__denoise_scales scales[2];
} transferring;

static void preset_of(const transferring *t, dam__text *out)
{
    const dam__sizes *from = &t->sizes[0];
    double tuned = t->tuned.experiment.model.denoise.eta0;
    dam__text_append(out, "# From a run of N = %d, K = %d, P = %d, B = %d, whose train.eta0 ",
                     from->dim, from->memories, from->samples, from->batch);
    if (t->large.model.denoise.eta0 == tuned)
        dam__text_append(out, "is kept.\n");
    else
        dam__text_append(out, "was %g: --set has changed it.\n", tuned);
    dam__experiment_print(&t->large, out);
}

static json_t *scales_json(const transferring *t, int i)
{
    const dam__sizes *sizes = &t->sizes[i];
    const dam__denoise_scales *scales = &t->scales[i];
    const dam__experiment *experiment = i == 0 ? &t->tuned.experiment : &t->large;
    return json_pack("{sf si si si si sf sf sf sf sf}", "eta0", experiment->model.denoise.eta0,
                     "dim", sizes->dim, "memories", sizes->memories, "samples", sizes->samples,
                     "batch", sizes->batch, "s1", scales->s1, "s2", scales->s2, "eta_W",
                     scales->memories, "eta_b", scales->inner, "eta_c", scales->outer);
}

static void append_whole(dam__text *out, const char *name, int small, int large)
{
    dam__text_append(out, "%-6s %12d %12d\n", name, small, large);
}

static void append_real(dam__text *out, const char *name, double small, double large)
{
    dam__text_append(out, "%-6s %12.6g %12.6g\n", name, small, large);
}

static void append_scales(const transferring *t, dam__text *out)
{
    const dam__sizes *small = &t->sizes[0], *large = &t->sizes[1];
    const dam__denoise_scales *of_small = &t->scales[0], *of_large = &t->scales[1];
    dam__text_append(out, "%-6s %12s %12s\n", "", "small", "large");
    append_whole(out, "N", small->dim, large->dim);
    append_whole(out, "K", small->memories, large->memories);
    append_whole(out, "P", small->samples, large->samples);
    append_whole(out, "B", small->batch, large->batch);
    append_real(out, "eta0", t->tuned.experiment.model.denoise.eta0, t->large.model.denoise.eta0);
    append_real(out, "s1", of_small->s1, of_large->s1);
    append_real(out, "s2", of_small->s2, of_large->s2);
    append_real(out, "eta_W", of_small->memories, of_large->memories);
    append_real(out, "eta_b", of_small->inner, of_large->inner);
    append_real(out, "eta_c", of_small->outer, of_large->outer);
}

/* The preset on stdout leaves stderr for the table. */
static dam_status print_both(const arguments *args, dam__text *preset, const dam__text *table)
{
    DAM_TRY(print_text(preset));
    if (!args->quiet)
        print_aside(table->data);
    return DAM_OK;
}

static dam_status tell(const arguments *args, const transferring *t)
{
    dam_status status = DAM_OK;
    dam__text preset = {0}, table = {0};
    preset_of(t, &preset);
    append_scales(t, &table);
    DAM_TRY_CLEANUP(dam__text_status(&preset));
    DAM_TRY_CLEANUP(dam__text_status(&table));
    if (args->out != NULL)
        DAM_TRY_CLEANUP(dam__text_write(&preset, args->out));
    if (args->json)
        DAM_TRY_CLEANUP(print_json(json_pack(
            "{so sf so so so}", "run", json_text(t->tuned.name), "eta0",
            t->large.model.denoise.eta0, "small", scales_json(t, 0), "large", scales_json(t, 1),
            "preset", json_text(args->out != NULL ? args->out : preset.data))));
    else if (args->out == NULL)
        DAM_TRY_CLEANUP(print_both(args, &preset, &table));
    else
        dam__text_append(&table, "'denseam train %s' trains the large one\n", args->out);
    if (args->out != NULL && !args->json)
        DAM_TRY_CLEANUP(print_text(&table));
cleanup:
    dam__text_free(&preset);
    dam__text_free(&table);
    return status;
}

/* The data may be on another machine: missing or too little data is only a warning. */
static void warn_of_data(const dam__experiment *large, const dam_log *log)
{
    dam__dataset set = {0};
    if (!dam__gaussian_asked(&large->data) &&
        dam__dataset_load(&large->data, DAM__SPLIT_TRAIN, &set) != DAM_OK)
        dam__warn(log, "the large run cannot be trained here: %s", dam_error());
    dam__dataset_free(&set);
}

static dam_status run_transfer(const arguments *args)
{
    const transfer_arguments *own = (const transfer_arguments *)args;
    dam_status status = DAM_OK;
    transferring t = {0};
    console notices = console_open(args->quiet);
    dam_log log = console_log(&notices);
    if (own->to == NULL)
        DAM_FAIL(DAM_USAGE, "transfer wants --to N,K,P,B; see 'denseam help transfer'");
    if (args->out != NULL && (dam__file_exists(args->out) || dam__folder_exists(args->out)))
        DAM_FAIL(DAM_USAGE, "'%s' is there already; remove it, or choose another --out", args->out);
    DAM_TRY_CLEANUP(dam__tuned_open(args->operands.items[0], &log, &t.tuned));
    t.sizes[0] = t.tuned.sizes;
    DAM_TRY_CLEANUP(dam__sizes_read(own->to, &t.sizes[0], &t.sizes[1]));
    DAM_TRY_CLEANUP(dam__transfer_make(&t.tuned, &t.sizes[1], args->set.items, args->set.count,
                                       &log, &t.large));
    warn_of_data(&t.large, &log);
    if (t.large.model.denoise.rates == DAM__RATES_SPECTRUM)
        dam__info(&log, "the rates below are yet to be divided by the largest eigenvalue of the "
                        "inputs' covariance, which each training measures");
    t.scales[0] = dam__denoise_scale(&t.tuned.experiment.model, t.sizes[0].dim);
    t.scales[1] = dam__denoise_scale(&t.large.model, t.sizes[1].dim);
    DAM_TRY_CLEANUP(tell(args, &t));
cleanup:
    dam__tuned_free(&t.tuned);
    return status;
}

static const flag flags[] = {
    FLAG("to", transfer_arguments, to, "N,K,P,B",
         "the large run's features, memories, samples and batch; K,P,B keeps N, and N alone keeps "
         "the ratios"),
    FLAG("out", arguments, out, "FILE",
         "write the preset into this file, which must be new; else to stdout"),
    FLAG_SET, FLAGS_PRINT};

static const char *const examples[] = {
    "denseam transfer runs/small --to 1024,2048,5120,512 --out large.conf",
    "denseam transfer sweeps/small --to 784 > large.conf", NULL};

const command transfer_command = {
    .name = "transfer",
    .operands = "RUN|SWEEP",
    .least = 1,
    .most = 1,
    .summary = "from a small tuned denoiser, the preset of a large one",
    .text =
        "Writes the preset of a larger training with the train.eta0 of a small run, which was "
        "tuned there, where it is cheap, or with the best one of a sweep over train.eta0 at its "
        "smallest size: the learning rates of both follow from it and the "
        "sizes. It shows the factors s1 and s2 and the rates of both, and warns where the best "
        "train.eta0 does not carry over. Images of other sizes are averaged over other "
        "plaquettes. --set is for keys of the large run alone; a key that train.eta0 was tuned for "
        "is warned about.",
    .examples = examples,
    .flags = flags,
    .computes = true,
    .run = run_transfer,
};
