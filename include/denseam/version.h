/*
 * Which denseam this is: that of the headers, as macros, and that of the library, as a function.
 */
#ifndef DENSEAM_VERSION_H
#define DENSEAM_VERSION_H

#include "denseam/api.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Semantic versions, https://semver.org. CMakeLists.txt reads these three lines: no other place
 * says the version. While MAJOR is 0, a public function that goes or changes raises MINOR.
 */
#define DENSEAM_VERSION_MAJOR 0
#define DENSEAM_VERSION_MINOR 2
#define DENSEAM_VERSION_PATCH 0

/* "0.2.0". */
#define DENSEAM_VERSION                                                                            \
    DENSEAM_VERSION_TEXT(DENSEAM_VERSION_MAJOR, DENSEAM_VERSION_MINOR, DENSEAM_VERSION_PATCH)
#define DENSEAM_VERSION_TEXT(MAJOR, MINOR, PATCH) DENSEAM_VERSION_JOIN(MAJOR, MINOR, PATCH)
#define DENSEAM_VERSION_JOIN(MAJOR, MINOR, PATCH) #MAJOR "." #MINOR "." #PATCH

/* DENSEAM_VERSION of the library that is linked, which a shared one may have newer than the
 * headers; a static string. */
DAM_API const char *dam_version(void);

#ifdef __cplusplus
}
#endif

#endif
