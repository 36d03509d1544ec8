#include <clup/clup.h>

#define TEXT(x) #x
#define VERSION(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

const char *clup_version(void) {
  return VERSION(CLUP_VERSION_MAJOR, CLUP_VERSION_MINOR, CLUP_VERSION_PATCH);
}
