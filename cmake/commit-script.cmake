# Run at every build: OUTPUT becomes a header with the commit of the tree SOURCE. Without git it is the commit that
# git archive wrote into commit.txt, else nothing. The header is touched only where the commit is another.
cmake_minimum_required(VERSION 3.22)
set(commit "")
if(EXISTS ${SOURCE}/.git)
  execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=40 --exclude *
                  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
else()
  file(STRINGS ${SOURCE}/cmake/commit.txt commit REGEX "^[0-9a-f]+$")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "/* Generated: do not edit. */\n#define DENSEAM_COMMIT \"${commit}\"\n" @ONLY)
