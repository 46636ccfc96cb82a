#include "cli/command.h"
const command compare_command = {.name="compare"};
