/* Exits 0 when there is an OpenCL device that clup can use: one with a compiler. */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

int main(void) {
  cl_platform_id platforms[16];
  cl_uint num_platforms = 0;
  if (clGetPlatformIDs(16, platforms, &num_platforms) != CL_SUCCESS) return 1;
  for (cl_uint p = 0; p < num_platforms && p < 16; p++) {
    cl_device_id devices[16];
    cl_uint num_devices = 0;
    if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, 16, devices, &num_devices) != CL_SUCCESS) continue;
    for (cl_uint d = 0; d < num_devices && d < 16; d++) {
      cl_bool compiles = CL_FALSE;
      clGetDeviceInfo(devices[d], CL_DEVICE_COMPILER_AVAILABLE, sizeof compiles, &compiles, NULL);
      if (compiles) return 0;
    }
  }
  return 1;
}
