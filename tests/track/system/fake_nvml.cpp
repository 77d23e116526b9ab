// Stands for NVIDIA's library: two GPUs, of which the second, as one that is divided, tells only its memory.

extern "C" {

struct Memory {
  unsigned long long total, free, used;
};
struct Utilization {
  unsigned gpu, memory;
};

int nvmlInit_v2();
int nvmlShutdown();
const char* nvmlErrorString(int);
int nvmlDeviceGetCount_v2(unsigned*);
int nvmlDeviceGetHandleByIndex_v2(unsigned, void**);
int nvmlDeviceGetMemoryInfo(void*, Memory*);
int nvmlDeviceGetUtilizationRates(void*, Utilization*);
int nvmlDeviceGetPowerUsage(void*, unsigned*);
int nvmlDeviceGetEnforcedPowerLimit(void*, unsigned*);
}

namespace {

constexpr int kNotSupported = 3;
int devices[2];
bool is_whole(void* device) { return device == &devices[0]; }

}  // namespace

int nvmlInit_v2() { return 0; }
int nvmlShutdown() { return 0; }
const char* nvmlErrorString(int) { return "an error"; }

int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 2;
  return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = &devices[index];
  return 0;
}

int nvmlDeviceGetMemoryInfo(void*, Memory* memory) {
  *memory = {80'000'000'000, 60'000'000'000, 20'000'000'000};
  return 0;
}

int nvmlDeviceGetUtilizationRates(void* device, Utilization* utilization) {
  *utilization = {87, 40};
  return is_whole(device) ? 0 : kNotSupported;
}

int nvmlDeviceGetPowerUsage(void* device, unsigned* milliwatts) {
  *milliwatts = 350'500;
  return is_whole(device) ? 0 : kNotSupported;
}

int nvmlDeviceGetEnforcedPowerLimit(void* device, unsigned* milliwatts) {
  *milliwatts = 701'000;
  return is_whole(device) ? 0 : kNotSupported;
}
