// The seam to the FFT library: batched 1-D transforms of real rows in single precision (FFTW3f on the CPU, which is
// GPL; replacing it means rewriting fft.cpp alone). Plans are made once, are kept, and may be used by many threads.
//
//   RealFft fft(1024);                       // rows of 1024 samples -> 513 complex values
//   fft.forward(rows, spectra, 16);          // spectra[k] = sum_i rows[i] exp(-2 pi j k i / n), unscaled
//   fft.inverse(spectra, rows, 16);          // times n: divide by n for the inverse; overwrites `spectra`
#pragma once

#include <complex>
#include <cstdint>
#include <memory>

namespace firstlight {

class RealFft {
  public:
    explicit RealFft(std::int64_t n);
    ~RealFft();
    RealFft(RealFft&&) noexcept;
    RealFft& operator=(RealFft&&) noexcept;

    [[nodiscard]] std::int64_t size() const;
    [[nodiscard]] std::int64_t spectrum_size() const { return size() / 2 + 1; }
    // rows[batch][n] <-> spectra[batch][n/2+1]; any alignment.
    void forward(const float* rows, std::complex<float>* spectra, std::int64_t batch) const;
    void inverse(std::complex<float>* spectra, float* rows, std::int64_t batch) const;

  private:
    struct Plan;
    std::unique_ptr<Plan> plan_;
};

}  // namespace firstlight
