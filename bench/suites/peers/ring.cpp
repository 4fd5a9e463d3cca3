// The single-producer ring of the cached-index kind, as it is written in C++: a reference for speed, nothing else.
// Each end keeps its own index and a copy of the other's, and looks at the shared one only when the copy says full or empty.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

namespace {

constexpr std::size_t line = 128;

inline void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

class Ring {
public:
    explicit Ring(std::size_t capacity) : mask_(capacity - 1), slots_(new std::uint64_t[capacity]) {}
    ~Ring() { delete[] slots_; }

    bool push(std::uint64_t value) {
        const auto tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_cache_ > mask_) {
            head_cache_ = head_.load(std::memory_order_acquire);
            if (tail - head_cache_ > mask_) return false;
        }
        slots_[tail & mask_] = value;
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

    bool pop(std::uint64_t& value) {
        const auto head = head_.load(std::memory_order_relaxed);
        if (head == tail_cache_) {
            tail_cache_ = tail_.load(std::memory_order_acquire);
            if (head == tail_cache_) return false;
        }
        value = slots_[head & mask_];
        head_.store(head + 1, std::memory_order_release);
        return true;
    }

private:
    const std::size_t mask_;
    std::uint64_t* const slots_;
    alignas(line) std::atomic<std::size_t> tail_{0};
    alignas(line) std::size_t head_cache_{0};
    alignas(line) std::atomic<std::size_t> head_{0};
    alignas(line) std::size_t tail_cache_{0};
    char padding_[line - sizeof(std::size_t)];
};

} // namespace

extern "C" {

void* hftz_peer_ring_new(std::size_t capacity) { return new (std::nothrow) Ring(capacity); }
void hftz_peer_ring_delete(void* ring) { delete static_cast<Ring*>(ring); }

void hftz_peer_ring_produce(void* ring, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i)
        while (!static_cast<Ring*>(ring)->push(i)) pause();
}

std::uint64_t hftz_peer_ring_consume(void* ring, std::uint64_t count) {
    std::uint64_t sum = 0, value = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        while (!static_cast<Ring*>(ring)->pop(value)) pause();
        sum += value;
    }
    return sum;
}
}
