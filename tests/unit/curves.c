/* src/draw: curves, metrics, and gnuplot that is absent, fails or hangs. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <png.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "draw/curves.h"
#include "draw/gnuplot.h"
#include "draw/svg_curves.h"
#include "draw/text_curves.h"
#include "run/metrics.h"

typedef struct place {
    char folder[64], file[96];
    char said[2048]; /* the notices, one a line */
    int warnings;
    dam_log log;
} place;

static void listen_in(void *user, dam_log_level level, const char *line)
{
    place *at = user;
    size_t length = strlen(at->said);
    (void)snprintf(at->said + length, sizeof at->said - length, "%s\n", line);
    at->warnings += level == DAM_LOG_WARNING;
}

static int set_up(void **state)
{
    place *at = calloc(1, sizeof *at);
    if (at == NULL)
        return -1;
    (void)snprintf(at->folder, sizeof at->folder, "/tmp/denseam-report-XXXXXX");
    if (mkdtemp(at->folder) == NULL)
        return -1;
    (void)snprintf(at->file, sizeof at->file, "%s/file", at->folder);
    at->log = (dam_log){listen_in, at};
    *state = at;
    return 0;
}

/* Fails where something is left that no test expects, such as a temporary. */
static int tear_down(void **state)
{
    place *at = *state;
    static const char *const names[] = {"file", "curves.dat", "curves.gp", "curves.png", "gnuplot"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[96];
        (void)snprintf(path, sizeof path, "%s/%s", at->folder, names[i]);
        (void)unlink(path);
    }
    int removed = rmdir(at->folder);
    free(at);
    return removed;
}

static const char *const names[] = {"epoch", "loss", "validation_loss", "validation_accuracy"};
static const double rows[] = {1, 2.25,  NAN, 0.5,   /* */
                              2, 1e-30, 0.1, 0.875, /* */
                              3, 0.125, NAN, 0.75};
static const dam__table history = {names, 4, 3, rows};

static void numbers_are_those_of_c(void **state)
{
    (void)state;
    char text[DAM__NUMBER_BYTES];
    assert_string_equal(dam__real_digits(0.1, 15, text), "0.1");
    assert_string_equal(dam__real_digits(-1.5e-300, 15, text), "-1.5e-300");
    assert_string_equal(dam__real_digits(97.3149, 4, text), "97.31");
    assert_string_equal(dam__real_digits(INFINITY, 15, text), "NaN");
    assert_true(strlen(dam__real_digits(-1.0 / 3 * 1e-300, 17, text)) < DAM__NUMBER_BYTES);
    if (setlocale(LC_ALL, "de_DE.UTF-8") != NULL) {
        assert_string_equal(dam__real_digits(-0.25, 15, text), "-0.25");
        (void)setlocale(LC_ALL, "C");
    }
    size_t column = 0;
    double least = 0, most = 0;
    assert_true(dam__table_find(&history, "validation_loss", &column));
    assert_int_equal(column, 2);
    assert_true(dam__table_range(&history, 2, &least, &most));
    assert_true(least == 0.1 && most == 0.1);
    assert_false(dam__table_find(&history, "accuracy", &column));
}

static void a_history_is_a_table(void **state)
{
    (void)state;
    dam__history of_run = {0};
    const char *column_names[DAM__HISTORY_COLUMNS];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(dam__history_column(&of_run, names[i]), DAM_OK);
    for (size_t row = 0; row < 3; row++)
        assert_int_equal(dam__history_add(&of_run, rows + 4 * row), DAM_OK);
    dam__table table = dam__table_of_history(&of_run, column_names);
    assert_int_equal(table.columns, 4);
    assert_int_equal(table.rows, 3);
    assert_memory_equal(table.values, rows, sizeof rows);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(table.names[i], names[i]);
    dam__history_free(&of_run);
}

static void metrics_are_read_as_written(void **state)
{
    (void)state;
    static const char text[] = "{\"epoch\": 1, \"loss\": 2.25, \"more\": null}\n"
                               "{\"loss\": -1e-30, \"epoch\": 2, \"new\": 7}\n";
    dam__history read;
    assert_int_equal(dam__metrics_parse("m", text, sizeof text - 1, &read), DAM_OK);
    assert_int_equal(read.column_count, 3);
    assert_int_equal(read.row_count, 2);
    assert_true(dam__history_value(&read, 0, "loss") == 2.25);
    assert_true(dam__history_value(&read, 1, "loss") == -1e-30);
    assert_true(isnan(dam__history_value(&read, 0, "more")));
    assert_true(isnan(dam__history_value(&read, 1, "more")));
    dam__history_free(&read);
    /* A file that is still to come. */
    assert_int_equal(dam__metrics_parse("m", "", 0, &read), DAM_OK);
    assert_int_equal(read.row_count, 0);
    assert_int_equal(dam__metrics_parse("m", text, sizeof text - 5, &read), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "'m', line 2 is no JSON object"));
}

/* Losses 100, 10 and 1 at a logarithmic axis: one line, from corner to corner. */
static void curves_as_text(void **state)
{
    (void)state;
    static const double losses[] = {1, 100, NAN, 2, 10, 1, 3, 1, NAN};
    const dam__table table = {names, 3, 3, losses};
    dam__text text = {0};
    assert_true(dam__text_curves(&table, 24, 5, true, &text));
    assert_string_equal(text.data, "         |**\n"
                                   "   31.62 +  ***\n"
                                   "         |     ****\n"
                                   "         |         ***\n"
                                   "       1 +            **\n"
                                   "          1    epoch   3\n");
    dam__text_free(&text);
    assert_false(dam__text_curves(&table, 23, 5, true, &text));
    const dam__table nothing = {names, 3, 1, (const double[]){1, NAN, NAN}};
    assert_false(dam__text_curves(&nothing, 79, 16, true, &text));
}

/* More rows than points: the least and the largest of each piece stay, and so does the shape. */
static void curves_as_svg(void **state)
{
    (void)state;
    enum { ROWS = 5000 };
    static double many[2 * ROWS];
    static const char *const two[] = {"epoch", "loss"};
    dam__text page = {0};
    for (size_t i = 0; i < ROWS; i++) {
        many[2 * i] = (double)i + 1;
        many[2 * i + 1] = i == 1234 ? -50 : i % 2 == 0 ? 0 : 1;
    }
    const dam__table table = {two, 2, ROWS, many};
    assert_true(dam__svg_curves(&table, &page));
    assert_non_null(strstr(page.data, "loss, best -50 in epoch 1235"));
    size_t points = 0;
    for (const char *at = page.data; *at != '\0'; at++)
        points += *at == 'L';
    assert_in_range(points, 1000, 1300);
    assert_null(strstr(page.data, "nan"));
    dam__text_free(&page);
    /* Decades and their halves where losses span much. */
    const dam__table wide = {two, 2, 2, (const double[]){1, 0.5, 2, 60}};
    assert_true(dam__svg_curves(&wide, &page));
    static const char *const labels[] = {">1<", ">2<", ">5<", ">10<", ">20<", ">50<"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        assert_non_null(strstr(page.data, labels[i]));
    assert_null(strstr(page.data, ">100<"));
    dam__text_free(&page);
    /* Numbers that no axis can have are drawn somewhere. */
    static const double odd[][4] = {{1, -1e308, 2, 1e308},
                                    {1e300, 5, -1e300, 5.0000000000000009},
                                    {NAN, 3, INFINITY, 4},
                                    {1, 1e-300, 2, 1e300}};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        const dam__table table_of_odd = {two, 2, 2, odd[i]};
        assert_true(dam__svg_curves(&table_of_odd, &page));
        dam__text_free(&page);
    }
}

static void metrics_are_json_lines(void **state)
{
    const place *at = *state;
    assert_int_equal(dam__metrics_write(at->file, &history), DAM_OK);
    FILE *file = fopen(at->file, "rb");
    assert_non_null(file);
    char line[512];
    for (size_t row = 0; row < 3; row++) {
        assert_non_null(fgets(line, sizeof line, file));
        json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(object);
        assert_int_equal(json_object_size(object), 4);
        assert_true(json_is_integer(json_object_get(object, "epoch")));
        for (size_t i = 0; i < 4; i++) {
            const json_t *value = json_object_get(object, names[i]);
            if (isnan(rows[row * 4 + i]))
                assert_true(json_is_null(value));
            else
                assert_true(json_number_value(value) == rows[row * 4 + i]);
        }
        json_decref(object);
        if (row == 1)
            assert_string_equal(line, "{\"epoch\": 2, \"loss\": 1e-30, \"validation_loss\": 0.1, "
                                      "\"validation_accuracy\": 0.875}\n");
    }
    assert_null(fgets(line, sizeof line, file));
    fclose(file);

    dam__table empty = history;
    empty.rows = 0;
    assert_int_equal(dam__metrics_write(at->file, &empty), DAM_OK);
    struct stat info;
    assert_int_equal(stat(at->file, &info), 0);
    assert_int_equal(info.st_size, 0);
    (void)snprintf(line, sizeof line, "%s/absent/metrics.jsonl", at->folder);
    assert_int_equal(dam__metrics_write(line, &history), DAM_INPUT);
    assert_non_null(strstr(dam_error(), line));
}

static char *in_folder(const place *at, const char *name)
{
    char *path = NULL;
    assert_int_equal(dam__path_join(&path, at->folder, name), DAM_OK);
    return path;
}

static char *read_text(const place *at, const char *name)
{
    char *path = in_folder(at, name), *text = NULL;
    size_t length = 0;
    assert_int_equal(dam__file_read(path, 1 << 20, &text, &length), DAM_OK);
    free(path);
    return text;
}

/* Runs with PATH set to path, and back. */
static void draw_table_with_path(place *at, const char *path, const char *title,
                                 const dam__table *table)
{
    char *kept = strdup(getenv("PATH"));
    assert_int_equal(setenv("PATH", path, 1), 0);
    dam_status status = dam__curves(at->folder, title, table, &at->log);
    assert_int_equal(setenv("PATH", kept, 1), 0);
    free(kept);
    assert_int_equal(status, DAM_OK);
}

static void draw_with_path(place *at, const char *path, const char *title)
{
    draw_table_with_path(at, path, title, &history);
}

static void stages_are_shaded_in_turn(void **state)
{
    place *at = *state;
    static const char *const grown[] = {"epoch", "loss", "stage", "memories"};
    static const double values[] = {1, 3, 0, 10, 2, 2, 1, 20, 3, 1, 1, 20, 4, 0.5, 2, 40};
    const dam__table table = {grown, 4, 4, values};
    draw_table_with_path(at, "/proc/absent", NULL, &table);
    char *script = read_text(at, "curves.gp");
    assert_non_null(strstr(script, "\nstage_from = '1 1.5 3.5'\n"));
    assert_non_null(strstr(script, "\nstage_to = '1.5 3.5 4'\n"));
    assert_non_null(strstr(script, "\nstage_memories = '10 20 40'\n"));
    free(script);
    if (system("gnuplot --version >/dev/null 2>&1") != 0)
        skip();
    /* Of three stages the second is shaded, from 1.5 to 3.5 on an axis from 1 to 4. */
    static const uint8_t shade[] = {0xf1, 0xf0, 0xea};
    char *picture = in_folder(at, "curves.png");
    png_image png = {.version = PNG_IMAGE_VERSION};
    size_t shaded[3] = {0};
    at->said[0] = '\0';
    assert_int_equal(dam__curves(at->folder, NULL, &table, &at->log), DAM_OK);
    assert_string_equal(at->said, "");
    assert_int_not_equal(png_image_begin_read_from_file(&png, picture), 0);
    png.format = PNG_FORMAT_RGB;
    uint8_t *pixels = malloc(PNG_IMAGE_SIZE(png));
    assert_int_not_equal(png_image_finish_read(&png, NULL, pixels, 0, NULL), 0);
    for (size_t x = 0; x < png.width; x++) {
        double epoch = 1 + 3 * ((double)x / png.width - 0.06) / (0.95 - 0.06);
        for (size_t y = 0; y < png.height; y++)
            shaded[(epoch > 1.45) + (epoch > 3.55)] +=
                memcmp(pixels + 3 * (y * png.width + x), shade, sizeof shade) == 0;
    }
    assert_true(shaded[0] == 0 && shaded[1] > 10000 && shaded[2] == 0);
    free(pixels);
    free(picture);
}

/* Of a run that grew: the losses that do not jump, and the width on the second axis. */
static void a_run_that_grew_shows_widths_and_normalised_losses(void **state)
{
    place *at = *state;
    static const char *const grown[] = {"epoch",
                                        "loss",
                                        "validation_loss",
                                        "stage",
                                        "memories",
                                        "normalised_loss",
                                        "validation_normalised_loss"};
    static const double values[] = {1, -3, -2, 0, 10, -0.5, 0.5, 2, -4, -3, 1, 20, -1, NAN};
    const dam__table table = {grown, 7, 2, values};
    draw_table_with_path(at, "/proc/absent", NULL, &table);
    char *script = read_text(at, "curves.gp");
    assert_non_null(strstr(script, "\nloss = 'loss + log(sum of class weights)'\n"));
    assert_non_null(strstr(script, "\npanels = 'loss'\ncurves = 2\n"));
    assert_non_null(strstr(script, "\nepoch_field = 1\nmemories_field = 5\n"));
    assert_non_null(strstr(script, "\nmost_memories = 20\n"));
    assert_non_null(strstr(script, "\nfield[1] = 6\n"));
    assert_non_null(strstr(script, "\nfield[2] = 7\n"));
    assert_non_null(strstr(script, "'validation normalised loss, best 0.5 in epoch 1'"));
    free(script);
    /* Without widths there is no second axis, and the loss is the loss. */
    draw_with_path(at, "/proc/absent", NULL);
    script = read_text(at, "curves.gp");
    assert_non_null(strstr(script, "\nmemories_field = 0\n"));
    assert_non_null(strstr(script, "\npanels = 'loss accuracy'\ncurves = 3\n"));
    assert_non_null(strstr(script, "\nfield[1] = 2\n"));
    free(script);
}

static void curves_without_gnuplot_are_a_notice(void **state)
{
    place *at = *state;
    draw_with_path(at, "/proc/absent", "it's \\ a \"title\"");
    assert_non_null(strstr(at->said, "install gnuplot-nox"));
    assert_non_null(strstr(at->said, "curves.png' was not drawn"));
    assert_int_equal(at->warnings, 0);
    char *data = read_text(at, "curves.dat"), *script = read_text(at, "curves.gp");
    assert_string_equal(data, "# epoch loss validation_loss validation_accuracy\n"
                              "1 2.25 NaN 0.5\n2 1e-30 0.1 0.875\n3 0.125 NaN 0.75\n");
    assert_non_null(strstr(script, "'it\u2019s \\ a \"title\"'"));
    assert_non_null(strstr(script, "'validation accuracy, best 87.5 % in epoch 2'"));
    assert_non_null(strstr(script, "'loss, best 1e-30 in epoch 2'"));
    assert_non_null(strstr(script, "\nleast[1] = 1e-30\nmost[1] = 2.25\n"));
    free(data);
    free(script);
    char *picture = in_folder(at, "curves.png");
    assert_false(dam__file_exists(picture));
    free(picture);
}

static void curves_without_values_are_a_notice(void **state)
{
    place *at = *state;
    dam__table empty = history;
    empty.rows = 0;
    assert_int_equal(dam__curves(at->folder, NULL, &empty, &at->log), DAM_OK);
    assert_non_null(strstr(at->said, "no loss or accuracy to draw yet"));
    char *data = read_text(at, "curves.dat"), *script = in_folder(at, "curves.gp");
    assert_string_equal(data, "# epoch loss validation_loss validation_accuracy\n");
    assert_false(dam__file_exists(script));
    free(data);
    free(script);
    assert_int_equal(dam__curves("/proc/absent", NULL, &history, &at->log), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "/proc/absent/curves.dat"));
}

/* A gnuplot of our own, to see what happens when it misbehaves. */
static void fake_gnuplot(const place *at, const char *body)
{
    char *path = in_folder(at, "gnuplot");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", body) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0755), 0);
    free(path);
}

static void a_failing_gnuplot_keeps_the_old_picture(void **state)
{
    place *at = *state;
    char *picture = in_folder(at, "curves.png"), *text = NULL;
    assert_int_equal(dam__file_write(picture, "old", 3), DAM_OK);
    fake_gnuplot(at, "echo line 1 >&2; echo '  no such terminal' >&2; exit 1");
    draw_with_path(at, at->folder, NULL);
    assert_int_equal(at->warnings, 1);
    assert_non_null(strstr(at->said, "gnuplot failed: no such terminal; try"));
    fake_gnuplot(at, "exit 0"); /* success without a picture is none */
    draw_with_path(at, at->folder, NULL);
    assert_int_equal(at->warnings, 2);
    assert_non_null(strstr(at->said, "gnuplot failed: it gives no reason"));
    /* Nor is success with half a picture: $3 is the setting with the picture's name. */
    fake_gnuplot(at, "name=${3#*\\'}; printf '\\211PNG half' > \"${name%\\'*}\"");
    draw_with_path(at, at->folder, NULL);
    assert_int_equal(at->warnings, 3);
    assert_non_null(strstr(at->said, "gnuplot wrote only a part of it"));

    /* Hanging, with its output open and closed. */
    static const char *const hanging[] = {"exec /bin/sleep 60",
                                          "exec >/dev/null 2>&1 /bin/sleep 60"};
    for (int i = 0; i < 2; i++) {
        fake_gnuplot(at, hanging[i]);
        char *kept = strdup(getenv("PATH"));
        assert_int_equal(setenv("PATH", at->folder, 1), 0);
        double begin = dam__seconds();
        dam_status status = dam__gnuplot(at->folder, "curves.gp", "curves.png", 0.2, &at->log);
        assert_true(dam__seconds() - begin < 5);
        assert_int_equal(setenv("PATH", kept, 1), 0);
        free(kept);
        assert_int_equal(status, DAM_OK);
        assert_int_equal(at->warnings, 4 + i);
        assert_non_null(strstr(at->said, "gnuplot took over 0.2 s"));
    }
    text = read_text(at, "curves.png");
    assert_string_equal(text, "old");
    free(text);
    free(picture);
}

static void gnuplot_draws_the_picture(void **state)
{
    place *at = *state;
    if (system("gnuplot --version >/dev/null 2>&1") != 0)
        skip();
    char *picture = in_folder(at, "curves.png"), *danger = in_folder(at, "danger");
    char title[256];
    (void)snprintf(title, sizeof title, "'; system('touch %s') #\n`touch %s` _a_ ^b", danger,
                   danger);
    dam__table part = history;
    for (part.rows = 1; part.rows <= 3; part.rows++) {
        assert_int_equal(dam__curves(at->folder, title, &part, &at->log), DAM_OK);
        assert_string_equal(at->said, "");
        assert_false(dam__file_exists(danger));
        png_image png = {.version = PNG_IMAGE_VERSION};
        assert_int_not_equal(png_image_begin_read_from_file(&png, picture), 0);
        assert_int_equal(png.width, 1200);
        assert_int_equal(png.height, 800);
        png_image_free(&png);
    }
    free(picture);
    free(danger);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_of_c),
        cmocka_unit_test(a_history_is_a_table),
        TEST(metrics_are_json_lines),
        cmocka_unit_test(metrics_are_read_as_written),
        cmocka_unit_test(curves_as_text),
        cmocka_unit_test(curves_as_svg),
        TEST(stages_are_shaded_in_turn),
        TEST(a_run_that_grew_shows_widths_and_normalised_losses),
        TEST(curves_without_gnuplot_are_a_notice),
        TEST(curves_without_values_are_a_notice),
        TEST(a_failing_gnuplot_keeps_the_old_picture),
        TEST(gnuplot_draws_the_picture),
    };
    return cmocka_run_group_tests_name("curves", tests, NULL, NULL);
}
