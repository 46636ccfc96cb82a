/* Kinds of models: that each answers all questions, and that answers go together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/model_type.h"
#include "run/key_value.h"

/* The table of keys has names of its own: choices are those of one key among many. */
static void names_are_those_of_the_table_of_keys(void **state)
{
    (void)state;
    const char *const *choices = dam__option_find("model", "kind")->choices;
    for (int kind = 0; kind < DAM__KINDS; kind++)
        assert_string_equal(choices[kind], dam__model_types[kind]->name);
    assert_null(choices[DAM__KINDS]);
}

static void every_kind_answers(void **state)
{
    (void)state;
    for (int kind = 0; kind < DAM__KINDS; kind++) {
        const dam__model_type *type = dam__model_types[kind];
        const dam__model_config config = {.kind = kind};
        assert_ptr_equal(dam__model_type_of(&config), type);
        assert_non_null(type->ops);
        assert_non_null(type->create);
        assert_non_null(type->loss_unit);
        assert_non_null(type->loss_words(&config));
        assert_non_null(type->selftests);
        assert_true(type->tuned_by != 0);
        assert_true((type->side_by_side != NULL) == (type->replica != NULL));
        assert_true((type->side_by_side != NULL) == (type->take_replica != NULL));
    }
}

/* A replica of a config and a rate is a training of that config at that rate. */
static void replicas_are_taken_back(void **state)
{
    (void)state;
    const uint64_t seed = 7;
    for (int kind = 0; kind < DAM__KINDS; kind++) {
        const dam__model_type *type = dam__model_types[kind];
        dam__model_config config = {.kind = kind, .denoise.eta0 = 0.5, .energy.temperature = 0.7};
        config.energy.interaction.leak = -0.1;
        double rate = 0.25;
        if (type->side_by_side == NULL)
            continue;
        const dam__replica first = type->replica(&config, 10, seed, rate);
        dam__model_config taken = {.kind = kind};
        type->take_replica(&first, &taken, &rate);
        const dam__replica again = type->replica(&taken, 10, seed, rate);
        assert_true(first.seed == seed && again.seed == seed);
        assert_true(first.rate > 0 && again.rate == first.rate);
        assert_true(again.temperature == first.temperature);
        assert_true(again.leak == first.leak);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_the_table_of_keys),
        cmocka_unit_test(every_kind_answers),
        cmocka_unit_test(replicas_are_taken_back),
    };
    return cmocka_run_group_tests_name("model_type", tests, NULL, NULL);
}
