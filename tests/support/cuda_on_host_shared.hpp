// Shared memory and atomics of the host emulation. Included by cuda_on_host.hpp.
//
// The rule that lets one .cu text compile for both: declare with FL_SHARED or FL_DYNAMIC_SHARED, and pass shared memory
// on as SharedPointer<T> (a plain T* in the real build).
//   FL_SHARED(float, sums, 32);              sums[i], &sums[i], sums + i; atomicAdd(&sums[i], 1.0f)
//   const float v = sums[i];                 name the type: `auto` would keep the checked reference, not the value
//   SharedPointer<unsigned> bins = shared_as<unsigned>(bytes + n);   another type over the same bytes
//   float* raw = unchecked(sums);            for vector loads and members: neither range nor races are checked there
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace cuda_on_host {

enum class Touch { read, write, atomic };
struct SharedRange {
    const char* name = "";
    std::size_t first = 0;  // byte in the block's shared memory
    std::size_t bytes = 0;
};
SharedRange shared_array(const void* declaration, const char* name, std::size_t bytes, std::size_t alignment);
SharedRange dynamic_shared(const char* name);
void* touch(const SharedRange& range, std::ptrdiff_t index, std::size_t element_bytes, Touch how);
void* trust(const SharedRange& range, std::ptrdiff_t index, std::size_t element_bytes);

template <class T>
class SharedPointer;

template <class T>
class SharedElement {
  public:
    SharedElement(const SharedRange& range, std::ptrdiff_t index) : range_(range), index_(index) {}
    SharedElement(const SharedElement&) = default;
    ~SharedElement() = default;
    operator T() const { return *static_cast<const T*>(at(Touch::read)); }
    const SharedElement& operator=(const T& value) const {
        *static_cast<T*>(at(Touch::write)) = value;
        return *this;
    }
    const SharedElement& operator=(const SharedElement& other) const { return *this = static_cast<T>(other); }
    SharedElement& operator=(const SharedElement& other) {
        static_cast<const SharedElement&>(*this) = static_cast<T>(other);
        return *this;
    }
    SharedPointer<T> operator&() const { return {range_, index_}; }
#define FL_UPDATE(op)                                               \
    template <class U>                                              \
    const SharedElement& operator op##=(const U& by) const {        \
        return *this = static_cast<T>(static_cast<T>(*this) op by); \
    }
    FL_UPDATE(+)
    FL_UPDATE(-)
    FL_UPDATE(*)
    FL_UPDATE(/)
    FL_UPDATE(%)
    FL_UPDATE(|)
    FL_UPDATE(&)
    FL_UPDATE(^) FL_UPDATE(<<) FL_UPDATE(>>)
#undef FL_UPDATE
        const SharedElement&
        operator++() const {
        return *this += T(1);
    }
    const SharedElement& operator--() const { return *this -= T(1); }
    T operator++(int) const {
        const T old = *this;
        *this += T(1);
        return old;
    }
    T operator--(int) const {
        const T old = *this;
        *this -= T(1);
        return old;
    }

  private:
    void* at(Touch how) const { return touch(range_, index_, sizeof(T), how); }
    SharedRange range_;
    std::ptrdiff_t index_;
};

template <class T>
class SharedPointer {
  public:
    using Value = std::remove_const_t<T>;
    SharedPointer() = default;
    SharedPointer(const SharedRange& range, std::ptrdiff_t index) : range_(range), index_(index) {}
    operator SharedPointer<const T>() const requires(!std::is_const_v<T>) { return {range_, index_}; }
    SharedElement<T> operator[](std::integral auto i) const {
        return {range_, index_ + static_cast<std::ptrdiff_t>(i)};
    }
    SharedElement<T> operator*() const { return {range_, index_}; }
    SharedPointer operator+(std::integral auto i) const { return {range_, index_ + static_cast<std::ptrdiff_t>(i)}; }
    SharedPointer operator-(std::integral auto i) const { return {range_, index_ - static_cast<std::ptrdiff_t>(i)}; }
    std::ptrdiff_t operator-(const SharedPointer& o) const {
        return index_ - o.index_ +
               (static_cast<std::ptrdiff_t>(range_.first) - static_cast<std::ptrdiff_t>(o.range_.first)) /
                   static_cast<std::ptrdiff_t>(sizeof(T));
    }
    SharedPointer& operator+=(std::integral auto i) { return *this = *this + i; }
    SharedPointer& operator-=(std::integral auto i) { return *this = *this - i; }
    SharedPointer& operator++() { return *this += 1; }
    SharedPointer& operator--() { return *this -= 1; }

    [[nodiscard]] Value* atomic() const { return static_cast<Value*>(touch(range_, index_, sizeof(T), Touch::atomic)); }
    [[nodiscard]] T* unchecked_pointer() const { return static_cast<T*>(trust(range_, index_, sizeof(T))); }
    template <class U>
    [[nodiscard]] SharedPointer<U> as() const {
        SharedRange rest = range_;
        const std::size_t skipped = static_cast<std::size_t>(index_) * sizeof(T);
        rest.first += skipped;
        rest.bytes = skipped < range_.bytes ? range_.bytes - skipped : 0;
        return {rest, 0};
    }

  private:
    SharedRange range_;
    std::ptrdiff_t index_ = 0;
};

// Kernels run one at a time, so a plain update is atomic; on shared memory it is noted as one.
template <class T, class Update>
T update(T* address, Update next) {
    const T old = *address;
    *address = static_cast<T>(next(old));
    return old;
}

}  // namespace cuda_on_host

#define FL_ATOMIC(name, expression)                                                  \
    template <class T>                                                               \
    T name(T* address, std::type_identity_t<T> value) {                              \
        return cuda_on_host::update(address, [value](T old) { return expression; }); \
    }                                                                                \
    template <class T>                                                               \
    T name(cuda_on_host::SharedPointer<T> address, std::type_identity_t<T> value) {  \
        return name(address.atomic(), value);                                        \
    }
FL_ATOMIC(atomicAdd, old + value)
FL_ATOMIC(atomicSub, old - value)
FL_ATOMIC(atomicExch, (void(old), value))
FL_ATOMIC(atomicMin, (value < old ? value : old))
FL_ATOMIC(atomicMax, (old < value ? value : old))
FL_ATOMIC(atomicOr, old | value)
FL_ATOMIC(atomicAnd, old& value)
FL_ATOMIC(atomicXor, old ^ value)
#undef FL_ATOMIC
template <class T>
T atomicCAS(T* address, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
    return cuda_on_host::update(address, [=](T old) { return old == expected ? value : old; });
}
template <class T>
T atomicCAS(cuda_on_host::SharedPointer<T> address, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
    return atomicCAS(address.atomic(), expected, value);
}

namespace firstlight {

template <class T>
using SharedPointer = cuda_on_host::SharedPointer<T>;
template <class U, class T>
SharedPointer<U> shared_as(SharedPointer<T> memory) {
    return memory.template as<U>();
}
template <class T>
T* unchecked(SharedPointer<T> memory) {
    return memory.unchecked_pointer();
}

}  // namespace firstlight

#define FL_SHARED(type, name, count)                \
    static const char name##_declared_here = 0;     \
    const ::cuda_on_host::SharedPointer<type> name( \
        ::cuda_on_host::shared_array(&name##_declared_here, #name, sizeof(type) * (count), alignof(type)), 0)
#define FL_DYNAMIC_SHARED(type, name) \
    const ::cuda_on_host::SharedPointer<type> name(::cuda_on_host::dynamic_shared(#name), 0)
