/* What `denseam tune` found, as a table and as JSON. */
#include <math.h>
#include <stdio.h>

#include "command/layout.h"
#include "tune/tune_internal.h"

static const dam__choice *choice_of(const dam__tuner *tuner, const dam__tuned_product *product)
{
    for (int i = 0; i < tuner->part.count; i++)
        if (dam__product_distance(&tuner->part.choices[i].shape, &product->shape) == 0)
            return &tuner->part.choices[i];
    return NULL;
}

/* "panel 12x2, 2048 deep, direct B", "clblast", "not measured". */
static void describe_choice(const dam__choice *choice, char *text, size_t size)
{
    if (choice == NULL) {
        (void)snprintf(text, size, "not measured");
    } else if (!choice->panel.given) {
        (void)snprintf(text, size, "%s", dam__gemm_provider_name(choice->provider));
    } else {
        const int *v = choice->panel.values;
        bool a = v[DAM__PANEL_DIRECT_A] != 0, b = v[DAM__PANEL_DIRECT_B] != 0;
        (void)snprintf(text, size, "panel %dx%d, %d deep%s%s%s%s", v[DAM__PANEL_ROWS],
                       v[DAM__PANEL_VECTORS], v[DAM__PANEL_DEPTH], a || b ? ", direct " : "",
                       a ? "A" : "", b ? "B" : "",
                       v[DAM__PANEL_COLUMNS_FIRST] ? ", rows kept" : "");
    }
}

static double untuned_share(const dam__tuner *tuner, const dam__tuned_product *product)
{
    return product->shares[tuner->usual];
}

static void append_products(const dam__tuner *tuner, dam__text *text)
{
    if (tuner->product_count > 0)
        dam__text_append(text, "%-24s %8s %8s  %s\n", "product", "untuned", "tuned", "by");
    for (int i = 0; i < tuner->product_count; i++) {
        const dam__tuned_product *product = &tuner->products[i];
        dam__text shape = {0};
        char by[64];
        describe_choice(choice_of(tuner, product), by, sizeof by);
        dam__product_print(&product->shape, &shape);
        dam__text_append(text, "%-24s %7.1f%% %7.1f%%  %s\n", dam__text_part(text, &shape),
                         100 * untuned_share(tuner, product), 100 * product->best, by);
        dam__text_free(&shape);
    }
}

static void append_presets(const dam__tuner *tuner, dam__text *text)
{
    dam__text_append(text, "%-24s %s\n", "preset", "time of a step, tuned over untuned");
    for (int i = 0; i < tuner->preset_count; i++) {
        char ratio[32] = "not measured";
        if (tuner->presets[i].ratio > 0)
            (void)snprintf(ratio, sizeof ratio, "%.2f", tuner->presets[i].ratio);
        dam__text_append(text, "%-24s %s\n", tuner->presets[i].name, ratio);
    }
}

static void append_kernels(const dam__tuner *tuner, dam__text *text)
{
    for (int kind = 0; kind < DAM__SPACES; kind++) {
        dam__text line = {0};
        if (!tuner->part.sets[kind].given)
            continue;
        dam__text_append(&line, "%s: ", dam__spaces[kind].name);
        dam__set_print((dam__space_kind)kind, &tuner->part.sets[kind], &line);
        append_wrapped(text, 0, 2, dam__text_part(text, &line));
        dam__text_free(&line);
    }
}

dam_status print_tuning(const tuning *t)
{
    dam__text text = {0};
    append_products(t->tuner, &text);
    append_kernels(t->tuner, &text);
    append_presets(t->tuner, &text);
    dam__text_append(&text, "(products: share of the FMA peak; %d candidates, %d refused)\n",
                     t->tuner->candidates, t->tuner->refused);
    dam__text_append(&text, "%-24s %s\n", "written", t->path);
    return print_text(&text);
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* What was not measured is 0. */
static json_t *number_or_null(double value)
{
    return value > 0 ? json_number(value) : json_null();
}

static json_t *product_json(const dam__tuner *tuner, const dam__tuned_product *product)
{
    dam__gemm_provider other = dam__gemm_for_gpus();
    const dam__choice *choice = choice_of(tuner, product);
    dam__text shape = {0}, set = {0};
    json_t *json = NULL;
    bool given = choice != NULL && choice->panel.given;
    dam__product_print(&product->shape, &shape);
    if (given)
        dam__set_print(DAM__SPACE_PANEL, &choice->panel, &set);
    if (dam__text_status(&shape) == DAM_OK && dam__text_status(&set) == DAM_OK)
        json = json_pack("{ss so so so ss? ss?}", "product", shape.data, "panel",
                         number_or_null(product->shares[DAM__GEMM_PANEL]),
                         dam__gemm_provider_name(other), number_or_null(product->shares[other]),
                         "tuned", number_or_null(product->best), "provider",
                         choice != NULL ? dam__gemm_provider_name(choice->provider) : NULL, "set",
                         set.data);
    dam__text_free(&shape);
    dam__text_free(&set);
    return json;
}

dam_status print_tuning_json(const tuning *t)
{
    const dam__tuner *tuner = t->tuner;
    json_t *products = json_array(), *presets = json_array(), *kernels = json_object();
    bool complete = true;
    for (int i = 0; i < tuner->product_count; i++)
        complete &= json_array_append_new(products, product_json(tuner, &tuner->products[i])) == 0;
    for (int i = 0; i < tuner->preset_count; i++)
        complete &= json_array_append_new(
                        presets, json_pack("{so so}", "preset", json_text(tuner->presets[i].name),
                                           "ratio", number_or_null(tuner->presets[i].ratio))) == 0;
    for (int kind = 0; kind < DAM__SPACES; kind++)
        for (int i = 0; tuner->part.sets[kind].given && i < dam__spaces[kind].count; i++)
            complete &= json_object_set_new(kernels, dam__spaces[kind].tunables[i].name,
                                            json_integer(tuner->part.sets[kind].values[i])) == 0;
    json_t *all =
        json_pack("{so so so so so si si}", "device", json_text(t->info.name), "file",
                  json_text(t->path), "products", products, "presets", presets, "parameters",
                  kernels, "tried", tuner->candidates, "refused", tuner->refused);
    if (!complete) {
        json_decref(all);
        all = NULL;
    }
    return print_json(all);
}
