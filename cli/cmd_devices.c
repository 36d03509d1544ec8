#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"

enum { MAX_PLATFORMS = 32, MAX_DEVICES = 64 };

typedef struct device_row {
  char index[24];
  char name[256], vendor[256], version[256], driver[256], platform[256];
  const char *type;
  cl_uint compute_units;
  cl_ulong global_bytes, local_bytes, max_alloc;
  int fp16, fp64, usable, chosen;
  char why_not[512];
} device_row;

static const char *type_name(cl_device_type type) {
  if (type & CL_DEVICE_TYPE_GPU) return "gpu";
  if (type & CL_DEVICE_TYPE_ACCELERATOR) return "accelerator";
  if (type & CL_DEVICE_TYPE_CPU) return "cpu";
  return "custom";
}

/* The library's own verdict: whether it makes a context of the device. */
static void judge(cl_platform_id platform, cl_device_id device, device_row *row) {
  cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)platform, 0};
  cl_int code;
  /* clup_device_find() passes over what is switched off or has no compiler. */
  if (clup_device_find(row->index, NULL, NULL) != CLUP_OK) {
    snprintf(row->why_not, sizeof row->why_not, "%s", clup_last_error());
    return;
  }
  cl_context context = clCreateContext(properties, 1, &device, NULL, NULL, &code);
  if (context == NULL) {
    snprintf(row->why_not, sizeof row->why_not, "clCreateContext: error %d", code);
    return;
  }
  clup_context_options options = CLUP_CONTEXT_OPTIONS_INIT;
  options.disk_cache = 0;
  clup_context *made = NULL;
  row->usable = clup_context_create(context, device, &options, &made) == CLUP_OK;
  if (!row->usable) snprintf(row->why_not, sizeof row->why_not, "%s", clup_last_error());
  clup_context_release(made);
  clReleaseContext(context);
}

static void describe(cl_platform_id platform, cl_device_id device, cl_device_id chosen, device_row *row) {
  cl_device_type type = 0;
  cl_device_fp_config doubles = 0;
  char extensions[16384];
  clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof row->platform - 1, row->platform, NULL);
  cli_device_text(device, CL_DEVICE_NAME, row->name, sizeof row->name);
  cli_device_text(device, CL_DEVICE_VENDOR, row->vendor, sizeof row->vendor);
  cli_device_text(device, CL_DEVICE_VERSION, row->version, sizeof row->version);
  cli_device_text(device, CL_DRIVER_VERSION, row->driver, sizeof row->driver);
  cli_device_text(device, CL_DEVICE_EXTENSIONS, extensions, sizeof extensions);
  clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
  clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof row->compute_units, &row->compute_units, NULL);
  clGetDeviceInfo(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof row->global_bytes, &row->global_bytes, NULL);
  clGetDeviceInfo(device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof row->local_bytes, &row->local_bytes, NULL);
  clGetDeviceInfo(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof row->max_alloc, &row->max_alloc, NULL);
  clGetDeviceInfo(device, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof doubles, &doubles, NULL);
  row->type = type_name(type);
  row->fp16 = strstr(extensions, "cl_khr_fp16") != NULL;
  row->fp64 = doubles != 0;
  row->chosen = device == chosen;
  judge(platform, device, row);
}

static void print_json(cli *c, const device_row *rows, size_t count) {
  json j = {c->out, 0};
  json_open(&j, NULL, '{');
  json_open(&j, "devices", '[');
  for (size_t i = 0; i < count; i++) {
    const device_row *row = &rows[i];
    json_open(&j, NULL, '{');
    json_string(&j, "index", row->index);
    json_string(&j, "name", row->name);
    json_string(&j, "vendor", row->vendor);
    json_string(&j, "platform", row->platform);
    json_string(&j, "version", row->version);
    json_string(&j, "driver", row->driver);
    json_string(&j, "type", row->type);
    json_int(&j, "compute_units", row->compute_units);
    json_int(&j, "global_memory", (int64_t)row->global_bytes);
    json_int(&j, "local_memory", (int64_t)row->local_bytes);
    json_int(&j, "max_allocation", (int64_t)row->max_alloc);
    json_bool(&j, "fp16", row->fp16);
    json_bool(&j, "fp64", row->fp64);
    json_bool(&j, "usable", row->usable);
    json_string(&j, "why_not", row->usable ? NULL : row->why_not);
    json_bool(&j, "default", row->chosen);
    json_close(&j, '}');
  }
  json_close(&j, ']');
  json_close(&j, '}');
  putc('\n', c->out);
}

static void print_table(cli *c, const device_row *rows, size_t count) {
  const double mib = 1024.0 * 1024.0;
  for (size_t i = 0; i < count; i++) {
    const device_row *row = &rows[i];
    fprintf(c->out, "%s%-5s %s\n", row->chosen ? "*" : " ", row->index, row->name);
    fprintf(c->out, "       %s, %s, on %s\n       %s, driver %s\n", row->type, row->vendor, row->platform, row->version,
            row->driver);
    fprintf(c->out, "       %u compute units, memory %.0f MiB global (%.0f MiB a buffer), %.0f KiB local\n",
            row->compute_units, (double)row->global_bytes / mib, (double)row->max_alloc / mib,
            (double)row->local_bytes / 1024.0);
    fprintf(c->out, "       fp16 %s, fp64 %s; usable: %s%s%s\n", row->fp16 ? "yes" : "no", row->fp64 ? "yes" : "no",
            row->usable ? "yes" : "no", row->usable ? "" : ", ", row->usable ? "" : row->why_not);
  }
  fprintf(c->out, "* is what clup uses when --device is not given or says so\n");
}

static int run(cli *c) {
  cl_platform_id platforms[MAX_PLATFORMS], default_platform = NULL;
  cl_device_id default_device = NULL;
  cl_uint num_platforms = 0;
  if (clGetPlatformIDs(MAX_PLATFORMS, platforms, &num_platforms) != CL_SUCCESS) num_platforms = 0;
  clup_status found = clup_device_find(c->device, &default_platform, &default_device);
  int rc = cli_status(&c->error, "devices", found);
  device_row *rows = NULL;
  size_t count = 0;
  for (cl_uint p = 0; p < num_platforms && p < MAX_PLATFORMS; p++) {
    cl_device_id devices[MAX_DEVICES];
    cl_uint num_devices = 0;
    if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, MAX_DEVICES, devices, &num_devices) != CL_SUCCESS) continue;
    for (cl_uint d = 0; d < num_devices && d < MAX_DEVICES; d++) {
      device_row *more = realloc(rows, (count + 1) * sizeof *rows);
      if (more == NULL) {
        free(rows);
        return cli_no_memory(&c->error, "devices", (count + 1) * sizeof *rows);
      }
      rows = more;
      memset(&rows[count], 0, sizeof *rows);
      snprintf(rows[count].index, sizeof rows[count].index, "%u:%u", p, d);
      describe(platforms[p], devices[d], default_device, &rows[count++]);
    }
  }
  if (c->options.json.given) {
    print_json(c, rows, count);
  } else if (count > 0) {
    print_table(c, rows, count);
  }
  if (rc == CLI_OK && count == 0) rc = cli_fail(&c->error, CLI_NO_DEVICE, "devices", "no OpenCL device");
  free(rows);
  return rc;
}

const cli_command command_devices = {.name = "devices",
                                     .arguments = "",
                                     .summary = "list the OpenCL devices, and whether clup can use them",
                                     .run = run};
