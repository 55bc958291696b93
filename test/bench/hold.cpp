// The hold model on std::priority_queue: what our event queue is measured against.
//
//   hold <increments> <pending>
//
// <increments> is a file of 65,536 int32 delays in microseconds. Each line on stdin is a number of
// holds (take the earliest event, schedule it anew one delay later); the answer is a line with the
// nanoseconds they took and a checksum over time and handle of every event, in order.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <queue>
#include <vector>

struct Event {
  int64_t at_us;
  uint32_t sequence;
  int32_t a;
  int32_t b;
  uint8_t kind;
};

struct Later {
  bool operator()(const Event& x, const Event& y) const {
    return x.at_us != y.at_us ? x.at_us > y.at_us : x.sequence > y.sequence;
  }
};

int main(int argc, char** argv) {
  constexpr uint32_t increment_count = 65536;
  if (argc != 3) return 2;
  std::vector<int32_t> increments(increment_count);
  FILE* file = std::fopen(argv[1], "rb");
  if (!file || std::fread(increments.data(), 4, increment_count, file) != increment_count) return 2;
  std::fclose(file);

  const int32_t pending = std::atoi(argv[2]);
  uint32_t cursor = 0, sequence = 0, checksum = 1;
  std::vector<Event> storage;
  storage.reserve(pending + 1);
  std::priority_queue<Event, std::vector<Event>, Later> queue(Later(), std::move(storage));
  for (int32_t a = 0; a < pending; a++) {
    queue.push({increments[cursor++ & (increment_count - 1)], sequence++, a, -a, uint8_t(a & 3)});
  }

  long holds = 0;
  while (std::scanf("%ld", &holds) == 1) {
    const auto start = std::chrono::steady_clock::now();
    for (long i = 0; i < holds; i++) {
      Event event = queue.top();
      queue.pop();
      checksum = ((checksum ^ uint32_t(event.at_us)) * 0x9e3779b1u + uint32_t(event.a)) ^ event.kind;
      event.at_us += increments[cursor++ & (increment_count - 1)];
      event.sequence = sequence++;
      queue.push(event);
    }
    const auto end = std::chrono::steady_clock::now();
    const long long ns = std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count();
    std::printf("%lld %u\n", ns, checksum);
    std::fflush(stdout);
  }
}
