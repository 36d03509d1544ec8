/* Which device a specification names. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

#define MAX_PLATFORMS 32
#define MAX_DEVICES 64

typedef struct found {
  cl_platform_id platform;
  cl_device_id device;
} found;

static cl_uint list_platforms(cl_platform_id platforms[MAX_PLATFORMS]) {
  cl_uint count = 0;
  if (clGetPlatformIDs(MAX_PLATFORMS, platforms, &count) != CL_SUCCESS) return 0;
  return count < MAX_PLATFORMS ? count : MAX_PLATFORMS;
}

static cl_uint list_devices(cl_platform_id platform, cl_device_type type, cl_device_id devices[MAX_DEVICES]) {
  cl_uint count = 0;
  if (clGetDeviceIDs(platform, type, MAX_DEVICES, devices, &count) != CL_SUCCESS) return 0;
  return count < MAX_DEVICES ? count : MAX_DEVICES;
}

/* A device without a compiler, or switched off, can run nothing of ours. */
static int usable(cl_device_id device) {
  cl_bool available = CL_FALSE, compiler = CL_FALSE;
  return clGetDeviceInfo(device, CL_DEVICE_AVAILABLE, sizeof available, &available, NULL) == CL_SUCCESS && available &&
         clGetDeviceInfo(device, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler, NULL) == CL_SUCCESS &&
         compiler;
}

static int find_by_type(cl_device_type type, found *out) {
  cl_platform_id platforms[MAX_PLATFORMS];
  cl_device_id devices[MAX_DEVICES];
  cl_uint num_platforms = list_platforms(platforms);
  for (cl_uint p = 0; p < num_platforms; p++) {
    cl_uint num_devices = list_devices(platforms[p], type, devices);
    for (cl_uint d = 0; d < num_devices; d++)
      if (usable(devices[d])) {
        *out = (found){platforms[p], devices[d]};
        return 1;
      }
  }
  return 0;
}

static int contains_ignoring_case(const char *text, const char *part) {
  size_t n = strlen(part);
  for (; *text; text++) {
    size_t i = 0;
    while (i < n && text[i] && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i])) i++;
    if (i == n) return 1;
  }
  return 0;
}

static int find_by_name(const char *part, found *out) {
  cl_platform_id platforms[MAX_PLATFORMS];
  cl_device_id devices[MAX_DEVICES];
  cl_uint num_platforms = list_platforms(platforms);
  for (cl_uint p = 0; p < num_platforms; p++) {
    cl_uint num_devices = list_devices(platforms[p], CL_DEVICE_TYPE_ALL, devices);
    for (cl_uint d = 0; d < num_devices; d++) {
      char name[256] = "";
      clGetDeviceInfo(devices[d], CL_DEVICE_NAME, sizeof name - 1, name, NULL);
      if (contains_ignoring_case(name, part) && usable(devices[d])) {
        *out = (found){platforms[p], devices[d]};
        return 1;
      }
    }
  }
  return 0;
}

static clup_status find_by_number(unsigned long p, unsigned long d, found *out) {
  cl_platform_id platforms[MAX_PLATFORMS];
  cl_device_id devices[MAX_DEVICES];
  cl_uint num_platforms = list_platforms(platforms);
  if (p >= num_platforms)
    return clup_fail(CLUP_NO_DEVICE, "device '%lu:%lu': there are %u OpenCL platforms", p, d, num_platforms);
  cl_uint num_devices = list_devices(platforms[p], CL_DEVICE_TYPE_ALL, devices);
  if (d >= num_devices)
    return clup_fail(CLUP_NO_DEVICE, "device '%lu:%lu': platform %lu has %u devices", p, d, p, num_devices);
  if (!usable(devices[d]))
    return clup_fail(CLUP_NO_DEVICE, "device '%lu:%lu': it is not available, or has no compiler", p, d);
  *out = (found){platforms[p], devices[d]};
  return CLUP_OK;
}

clup_status clup_device_find(const char *spec, cl_platform_id *platform, cl_device_id *device) {
  found result = {NULL, NULL};
  if (!spec || !*spec) spec = getenv("CLUP_DEVICE");
  if (!spec || !*spec) {
    if (!find_by_type(CL_DEVICE_TYPE_GPU, &result) && !find_by_type(CL_DEVICE_TYPE_ACCELERATOR, &result) &&
        !find_by_type(CL_DEVICE_TYPE_CPU, &result)) {
      cl_platform_id platforms[MAX_PLATFORMS];
      return clup_fail(CLUP_NO_DEVICE, "device: no usable OpenCL device on %u platforms", list_platforms(platforms));
    }
  } else if (!strcmp(spec, "gpu") || !strcmp(spec, "cpu")) {
    if (!find_by_type(spec[0] == 'g' ? CL_DEVICE_TYPE_GPU : CL_DEVICE_TYPE_CPU, &result))
      return clup_fail(CLUP_NO_DEVICE, "device '%s': no usable OpenCL device of this type", spec);
  } else {
    unsigned p, d;
    char behind;
    /* Nine digits cannot overflow. NOLINTNEXTLINE(cert-err34-c) */
    if (isdigit((unsigned char)spec[0]) && sscanf(spec, "%9u:%9u%c", &p, &d, &behind) == 2)
      CLUP_TRY(find_by_number(p, d, &result));
    else if (!find_by_name(spec, &result))
      return clup_fail(CLUP_NO_DEVICE, "device '%s': no usable OpenCL device has this in its name", spec);
  }
  if (platform) *platform = result.platform;
  if (device) *device = result.device;
  return CLUP_OK;
}
