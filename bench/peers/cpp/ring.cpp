// The single-producer ring of the cached-index kind, as it is written in C++: a reference for speed, nothing else.
// Each end keeps its own index and a copy of the other's, and looks at the shared one only when the copy says full or empty.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <sched.h>

namespace {

constexpr std::size_t line = 128;
constexpr std::size_t source_items = 64;

inline void wait(bool yields) {
    if (yields) sched_yield();
#if defined(__x86_64__)
    else __builtin_ia32_pause();
#endif
}

template <std::size_t Words> struct Item { std::uint64_t word[Words]; };

template <typename T> class Ring {
public:
    explicit Ring(std::size_t capacity) : mask_(capacity - 1), slots_(new T[capacity]) {}
    ~Ring() { delete[] slots_; }

    bool push(const T& value) {
        const auto tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_cache_ > mask_) {
            head_cache_ = head_.load(std::memory_order_acquire);
            if (tail - head_cache_ > mask_) return false;
        }
        slots_[tail & mask_] = value;
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

    bool pop(T& value) {
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
    T* const slots_;
    alignas(line) std::atomic<std::size_t> tail_{0};
    alignas(line) std::size_t head_cache_{0};
    alignas(line) std::atomic<std::size_t> head_{0};
    alignas(line) std::size_t tail_cache_{0};
    char padding_[line - sizeof(std::size_t)];
};

template <std::size_t Words> void produce(void* ring, const void* source, std::uint64_t count, bool yields) {
    const auto* items = static_cast<const Item<Words>*>(source);
    for (std::uint64_t i = 0; i < count; ++i)
        while (!static_cast<Ring<Item<Words>>*>(ring)->push(items[i % source_items])) wait(yields);
}

template <std::size_t Words> std::uint64_t consume(void* ring, std::uint64_t count, bool yields) {
    std::uint64_t sum = 0;
    Item<Words> item;
    for (std::uint64_t i = 0; i < count; ++i) {
        while (!static_cast<Ring<Item<Words>>*>(ring)->pop(item)) wait(yields);
        for (const auto word : item.word) sum += word;
    }
    return sum;
}

} // namespace

// One set of functions for each size of item, in words.
#define RING_OF(WORDS)                                                                                                    \
    void* hftz_peer_ring_new_##WORDS(std::size_t capacity) { return new (std::nothrow) Ring<Item<WORDS>>(capacity); }     \
    void hftz_peer_ring_delete_##WORDS(void* ring) { delete static_cast<Ring<Item<WORDS>>*>(ring); }                      \
    void hftz_peer_ring_produce_##WORDS(void* ring, const void* source, std::uint64_t count, bool yields) {               \
        produce<WORDS>(ring, source, count, yields);                                                                      \
    }                                                                                                                     \
    std::uint64_t hftz_peer_ring_consume_##WORDS(void* ring, std::uint64_t count, bool yields) {                          \
        return consume<WORDS>(ring, count, yields);                                                                       \
    }

extern "C" {
RING_OF(1)
RING_OF(4)
RING_OF(8)
}
